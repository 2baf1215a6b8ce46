"""What is mutated: valid lines, JSON, conversations, and inputs that ended the ancestor; no randomness here."""

LINES = (
    b"ALIVE",
    b"ALIVE serial=7;timestamp=1795499183.123456789",
    b"HELP",
    b"CLUSTER_STATUS",
    b"CLUSTER_GET_STATUS",
    b"CLOCK_STATUS",
    b"LIST_SERVICES offset=0;limit=10",
    b"PUBLIC_IP",
    b"ROUTER_GET_STATS",
    b"SERVICE_STATUS service=fuzz_a",
    b"STATUS service=fuzz_a;status=up;server=alpha",
    b"LISTEN_LOADAVG ips=127.0.0.1,[::1]:4042",
    b"REGISTER_FOR_LOADAVG",
    b"UNREGISTER_FROM_LOADAVG",
    b"LOADAVG avg=0.5;my_address=127.0.0.1:4042;timestamp=1795499183",
    b"FORGET ip=garbage",
    b"ACCEPT server_name=x;my_address=garbage",
    b"CONNECT version=1;my_address=127.0.0.1:4042;server_name=beta;services=a,b;heard_of=c;neighbors=10.0.0.1:4042",
    b"REFUSE conflict=yes",
    b"GOSSIP my_address=10.0.0.1:4042;heard_of=10.0.0.2:4042",
    b"BLOCK uri=10.0.0.9;period=1h;reason=fuzz",
    b"UNKNOWN command=X;message=none",
    b"INVALID command=X;message=none",
    b'POLICY_SET policy={"generation":[1,1],"lease_s":60,"denylist":[]}',
    b"RUN_REPORT service=fuzz_a;kind=crash;pid=12",
    b"CANARY_COMMAND action=list",
    b"CLOCK_STABLE clock_resolution=verified;interval_s=10",
    b"CLOCK_UNSTABLE clock_error=checking;interval_s=x",
    b"fuzz_b/PAYLOAD a=1;b=2",
    b"fuzz_b/PAYLOAD transmission_report=failure;cache=no",
    b'fuzz_c/PAYLOAD cache="ttl=5;reply";data=x',
    b"fuzz_c/PAYLOAD cache=ttl=99999999999999999999",
    b"alpha:fuzz_b/PAYLOAD a=1",
    b"nowhere:fuzz_b/PAYLOAD transmission_report=always",
    b".:fuzz_b/PAYLOAD deliver=all",
    b"*:fuzz_b/PAYLOAD deliver=all;trace=t1;ack=required",
    b"*/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=x",
    b"?/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=9999999999;broadcast_informed_neighbors=;broadcast_hops=x",
    b"./PAYLOAD a=1",
    b"<alpha:fuzz_a fuzz_b/PAYLOAD a=1",
    b"<:x fuzz_b/PAYLOAD",
    b'fuzz_b/PAYLOAD a="x;y\\"z\\\\n";b=\\n\\r',
    b'{"command":"ALIVE"}',
    b'{"command":"PAYLOAD","service":"fuzz_b","parameters":{"a":"1","b":2.5,"c":true,"d":null}}',
    b'{"command":"PAYLOAD","service":"fuzz_b","parameters":{"a":"x;\\\\"}}',
    b'{"command":5}',
    b'{"command":"PAYLOAD","service":"k","parameters":{"a":{"b":1}}}',
    b"[1]",
    b"",
    b"\xff\xfe",
    b"\xff\xfe\x00",
    b"GET /status?x=1;y=2 HTTP/1.1\r",
    b"CONNECT 127.0.0.1:4040 HTTP/1.1\r",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
"""Single lines, without their newlines."""

COMMANDS = b"COMMANDS list=HELP,QUITTING,READY,UNKNOWN,INVALID,STATUS,PAYLOAD,LOADAVG,DISCONNECTING"

CONVERSATIONS = (
    (b"REGISTER service=fuzz_a;version=1", COMMANDS, b"fuzz_b/PAYLOAD x=1", b"UNREGISTER service=fuzz_a"),
    (b"REGISTER service=fuzz_b;version=1", COMMANDS, b"./PAYLOAD x=1", b"*/PAYLOAD x=2", b"ALIVE"),
    (b"REGISTER service=fuzz_a;version=1", b"REGISTER service=fuzz_b;version=1", b"UNREGISTER service=fuzz_b"),
    (b"REGISTER service=fuzz_c;version=1;role=standby;service_version=1.2;build=b", COMMANDS, b"HELP"),
    (b"REGISTER service=fuzz_c;version=abc", b"REGISTER service=bad name;version=1", b"ALIVE"),
    (
        b"REGISTER service=timekeeper;version=1",
        b"CLOCK_STABLE clock_resolution=verified;interval_s=10",
        b"CLOCK_STATUS",
    ),
    (b"REGISTER service=fuzz_d;version=1;role=probe;pid=-1;metrics_port=99999", b"COMMANDS list=", b"COMMANDS list=,,"),
    (b"REGISTER_FOR_LOADAVG", b"UNREGISTER_FROM_LOADAVG", b"UNREGISTER_FROM_LOADAVG"),
    (b"fuzz_late/PAYLOAD cache=ttl=60;n=1", b"REGISTER service=fuzz_late;version=1", COMMANDS),
    (b'{"command":"REGISTER","parameters":{"service":"fuzz_e","version":1}}', COMMANDS, b"fuzz_e/PAYLOAD"),
)
"""What a client writes on one link, line by line."""

SHARDS = (
    b" ", b";", b"=", b"\n", b"\r\n", b"\0", b'"', b'\\"', b"\\", b"<", b":", b"/", b"*", b"?", b".", b"{", b"}",
    b"a=1", b"service=", b"version=", b"cache=", b"deliver=all", b"trace=x", b"ack=required", b"<alpha:communicatord ",
    b"communicatord/", b"alpha:", b"\xc3\xa9", b"\xe2\x80\x83", b"\xed\xa0\x80", b"\xff", b"-1", b"0", b"1e999", b"NaN",
    b"18446744073709551616", b"99999999999999999999999999", b"[[[[[[[[", b'{"command":', b"REGISTER ", b"PAYLOAD ",
)  # fmt: skip
"""What a mutation may put in: what parsers look for, and numbers they stumble over."""

ENDING = (b"STOP", b"SHUTDOWN", b"RESTART", b"LEAK")
"""Whoever runs the fuzzer may end the router: these words are kept out of what is sent."""
