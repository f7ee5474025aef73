#!/usr/bin/python3
"""A source archive builds where there is no node. Speaks TAP."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def path_without(folder, *names):
    """A folder of links to all programs but those of these names, as PATH."""
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        if not os.path.isdir(place):
            continue
        for name in os.listdir(place):
            link = os.path.join(folder, name)
            if name in names:
                continue
            if os.path.lexists(link):
                os.remove(link)
            os.symlink(os.path.join(place, name), link)
    return folder


def main():
    if not shutil.which("git") or not os.path.exists(os.path.join(ROOT, ".git")):
        print("ok 1 - a source archive # SKIP not in a checkout")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        programs, unpacked = os.path.join(folder, "bin"), os.path.join(folder, "source")
        os.mkdir(programs)
        made = subprocess.run(["make", "-s", "dist"], cwd=ROOT, check=True, capture_output=True, text=True)
        with tarfile.open(os.path.join(ROOT, made.stdout.split()[-1])) as archive:
            archive.extractall(unpacked)
        source = os.path.join(unpacked, os.listdir(unpacked)[0])
        environment = {**os.environ, "PATH": path_without(programs, "node", "npm", "nodejs")}
        built = subprocess.run(["make", "-s", "build/pages.o"], cwd=source, env=environment, capture_output=True, text=True)
        cleaned = subprocess.run(["make", "-s", "clean"], cwd=source, env=environment, capture_output=True, text=True)
        again = subprocess.run(["make", "-s", "build/pages.o"], cwd=source, env=environment, capture_output=True, text=True)
        results = [built, cleaned, again]
    good = not any(result.returncode for result in results)
    print(f"{'' if good else 'not '}ok 1 - a source archive has the pages, and keeps them when it is cleaned")
    for result in results:
        if result.returncode:
            print(result.stderr, file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
