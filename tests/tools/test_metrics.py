#!/usr/bin/python3
"""/metrics, read by Prometheus's own parser. Speaks TAP."""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from importlib.util import find_spec

if not find_spec("prometheus_client"):
    print("ok 1 - /metrics # SKIP python3 has no prometheus_client")
    sys.exit(0)

from prometheus_client.parser import text_string_to_metric_families

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("UNDERTONE", os.path.join(ROOT, "build", "undertone")))
WANTED = {
    "undertone_storing": "gauge",
    "undertone_store_messages": "counter",
    "undertone_clients": "gauge",
    "undertone_clients_culled": "counter",
    "undertone_events_sent": "counter",
    "undertone_events_dropped": "counter",
}


def metrics():
    with tempfile.TemporaryDirectory() as data:
        serve = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", data],
                                 stdout=subprocess.PIPE, text=True)
        try:
            address = re.search(r"http://[^/]+", serve.stdout.readline()).group()
            with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
                return answer.read().decode()
        finally:
            serve.terminate()
            serve.wait()


families = {family.name: family for family in text_string_to_metric_families(metrics())}
checks = {
    "every metric is of its type": {name: family.type for name, family in families.items()} == WANTED,
    "every metric says what it is": all(family.documentation.endswith(".") for family in families.values()),
    "it stores": families["undertone_storing"].samples[0].value == 1,
    "messages by what became of them": {s.labels["result"]: s.value for s in families["undertone_store_messages"].samples}
    == {"written": 0, "dropped": 0, "failed": 0},
}
for i, (name, good) in enumerate(checks.items(), 1):
    print(f"{'ok' if good else 'not ok'} {i} - {name}")
print(f"1..{len(checks)}")
sys.exit(not all(checks.values()))
