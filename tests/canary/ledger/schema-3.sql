CREATE TABLE entries (
    seq INTEGER NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL, wall_s DOUBLE PRECISION NOT NULL,
    server TEXT, service TEXT, version TEXT, build TEXT, payload TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0);
INSERT INTO "entries" VALUES(2,20.0,1764001030.0,'*','printer','1.0','b','{"record":"hold_heard","leader":"beta","term":3,"number":7,"service":"printer","version":"1.0","build":"b","until_at_s":900.0,"reason":"never worked on 2 of 3 servers"}',4079930411);
INSERT INTO "entries" VALUES(3,30.0,1764001040.0,'alpha','printer','1.0','b','{"record":"run_ended","server":"alpha","run_id":"r1","service":"printer","version":"1.0","build":"b","outcome":"failure","cause":"lost","lasted_s":0.1,"detail":"it said \"é\" and left"}',626392435);
INSERT INTO "entries" VALUES(4,30.0,1764001040.0,NULL,NULL,NULL,NULL,'{"record":"stopped"}',322546820);
CREATE TABLE head (
    seq INTEGER NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL,
    wall_s DOUBLE PRECISION NOT NULL, boot_id TEXT NOT NULL, monotonic_s DOUBLE PRECISION NOT NULL
);
INSERT INTO "head" VALUES(4,30.0,1764001040.0,'4f1c7f0e-6d0b-4f0e-9d5e-0a3c5a3f7a11',1040.0);
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "meta" VALUES('schema','3');
INSERT INTO "meta" VALUES('ledger_id','1aabdde9-f5e7-4ce7-8de6-a57159d8dff3');
CREATE TABLE snapshot (
    seq INTEGER NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0);
INSERT INTO "snapshot" VALUES(1,10.0,'{"now_s":10.0,"seq":1,"cells":[],"runs":[],"failures":[],"servers":[],"releases":[],"overrides":[],"freezes":[],"verdicts":[],"last_block_at_s":[],"comparisons":[],"unsettled":[],"aside":[],"compare_margin":1.25,"compare_settle_s":70.0,"ended":[],"excused":[],"failures_of":[],"installed":[],"versions":[],"fresh":[],"timed":[],"suppressed":[],"held":[],"holds":[[["*","printer","0.9","a"],{"leader":"beta","generation":[3,6],"until_at_s":500.0,"reason":"never worked on 2 of 2 servers","probe_allowed":false}]],"detections":{"counts":[[75.0,1]],"count":1,"sum_s":63.0},"doubted":[],"sick":[],"rules_revision":"","leader":"","term":0,"policy_number":0,"override_number":0,"heard":[]}',1977642690);
CREATE INDEX entries_by_cell ON entries (service, server, version, build, seq);
