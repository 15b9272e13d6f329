#!/bin/sh
# What is installed and where it came from: for kimg.lock, and for /etc/kimg/image.json.
set -- "$KIMG_SUPPLIED"
{
set -eu
[ ! -d /var/tmp/kimg/supply/distribution ] || apt-get update -q -o APT::Sandbox::User=root >&2
dpkg-query --show --showformat '${Package}:${Architecture}=${Version}\n' > /run/installed
grep -v -E "^($1):" /run/installed | LC_ALL=C sort | xargs apt-get download --print-uris
} >/var/tmp/kimg/packages.txt
[ -e /var/tmp/kimg/supply/image.json ] || exit 0
mkdir -p /etc/kimg
python3 - /var/tmp/kimg/supply/image.json /var/tmp/kimg/packages.txt /etc/kimg/image.json <<'PYTHON'
import json, re, sys, urllib.parse

description, records, to = sys.argv[1:]
with open(description, encoding="utf-8") as file:
    image = json.load(file)
with open(records, encoding="utf-8") as file:
    found = re.findall(r"^'[^']+' (\S+?)_(\S+)_\S+\.deb \d+ SHA256:", file.read(), re.M)
image["packages"] = {name: urllib.parse.unquote(version) for name, version in sorted(found)}
with open(to, "w", encoding="utf-8") as file:
    file.write(json.dumps(image, indent=2, ensure_ascii=False) + "\n")
PYTHON
chmod 0644 /etc/kimg/image.json
