CREATE TABLE entries (
    seq INTEGER NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL, wall_s DOUBLE PRECISION NOT NULL,
    server TEXT, service TEXT, version TEXT, build TEXT, payload TEXT NOT NULL, hash TEXT NOT NULL
);
INSERT INTO "entries" VALUES(2,20.0,1764001030.0,'alpha','printer','1.0','b','{"record":"run_began","server":"alpha","run_id":"r1","service":"printer","version":"1.0","build":"b","pid":7}','6d3ea42d11e58341439112cbea9248935302437905fc199af0f88aea433ccbb7');
INSERT INTO "entries" VALUES(3,30.0,1764001040.0,'alpha','printer','1.0','b','{"record":"run_ended","server":"alpha","run_id":"r1","service":"printer","version":"1.0","build":"b","outcome":"failure","cause":"lost","lasted_s":0.1,"detail":"it said \"é\" and left"}','5d5bae93db14c3831640b7e9a19d7d580781c4552cd5c00e6303a66e48bf256c');
INSERT INTO "entries" VALUES(4,30.0,1764001040.0,NULL,NULL,NULL,NULL,'{"record":"stopped"}','d0cfec9c138885c80d1027c4ee9fc85a17fe555d8fa52c174f2bce192d53a68d');
CREATE TABLE head (
    seq INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
    wall_s DOUBLE PRECISION NOT NULL, boot_id TEXT NOT NULL, monotonic_s DOUBLE PRECISION NOT NULL
);
INSERT INTO "head" VALUES(4,'d0cfec9c138885c80d1027c4ee9fc85a17fe555d8fa52c174f2bce192d53a68d',30.0,1764001040.0,'4f1c7f0e-6d0b-4f0e-9d5e-0a3c5a3f7a11',1040.0);
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "meta" VALUES('schema','1');
INSERT INTO "meta" VALUES('ledger_id','1aabdde9-f5e7-4ce7-8de6-a57159d8dff3');
CREATE TABLE snapshot (
    seq INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, at_s DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL
);
INSERT INTO "snapshot" VALUES(1,'42bbadd2e7f1d38894912373bf444113a94b429af17f40f4ad0aa5b2d58f449b',10.0,'{"now_s":10.0,"seq":1,"cells":[],"runs":[],"failures":[],"servers":[],"releases":[],"overrides":[],"freezes":[],"verdicts":[],"last_block_at_s":[],"comparisons":[],"unsettled":[],"compare_margin":1.25,"compare_settle_s":61.0,"ended":[],"excused":[],"failures_of":[],"installed":[],"versions":[],"fresh":[],"timed":[],"suppressed":[],"rules_revision":"","leader":"","term":0,"policy_number":0,"override_number":0}','baf68b84d3fd4463a806a7cc29ce1c7d4c4d1b66e9ab5a9c0c068449221a9ee5');
CREATE INDEX entries_by_cell ON entries (service, server, version, build, seq);
