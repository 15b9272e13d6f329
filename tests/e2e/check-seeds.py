"""Runs inside a tools tree, with its cloud-init: renders and checks each seed below a folder, and prints what it would write as JSON.

Usage: check-seeds.py FOLDER   where FOLDER/<case>/<node>/nocloud/{meta-data,network-config,user-data}
"""

import contextlib
import io
import json
import pathlib
import sys

import yaml
from cloudinit import version
from cloudinit.cmd.main import main
from cloudinit.config.cc_write_files import canonicalize_extraction, extract_contents

work = pathlib.Path("/tmp/seed")
# 22.4 knows no schema of the network configuration.
knows_networks = int(version.version_string().split(".")[0]) >= 24


def command(*arguments):
    """Exit code and output of a cloud-init command, in this process: starting Python anew takes longer than the work."""
    out = io.StringIO()
    code = 0
    sys.argv = ["cloud-init", *map(str, arguments)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(sys.argv) or 0
        except SystemExit as end:
            code = end.code or 0
    return code, out.getvalue()


def written(cloud_config):
    """What cc_write_files leaves behind, by path."""
    files = {}
    for entry in cloud_config.get("write_files", []):
        content = extract_contents(entry["content"], canonicalize_extraction(entry.get("encoding")))
        content = content.decode() if isinstance(content, bytes) else content
        before = files.get(entry["path"], "") if entry.get("append") else ""
        files[entry["path"]] = before + content
    return files


def check(seed):
    instance, rendered = work / "instance-data.json", work / "rendered"
    metadata = yaml.safe_load((seed / "meta-data").read_text())
    instance.write_text(json.dumps({"ds": {"meta_data": metadata}, "v1": {}}))
    complaints = []
    code, text = command("devel", "render", seed / "user-data", "--instance-data", instance)
    if code != 0:
        return {"complaints": [text], "files": {}, "cloudConfig": {}}
    rendered.write_text(text)
    code, said = command("schema", "--config-file", rendered)
    if code != 0 or "Valid" not in said or "deprecat" in said.lower():
        complaints.append(said)
    if knows_networks:
        code, said = command("schema", "--config-file", seed / "network-config", "--schema-type", "network-config")
        if code != 0 or "Valid" not in said:
            complaints.append(said)
    cloud_config = yaml.safe_load(text)
    return {"complaints": complaints, "files": written(cloud_config), "cloudConfig": cloud_config, "text": text}


work.mkdir()
folder = pathlib.Path(sys.argv[1])
seeds = sorted(path.parent for path in folder.glob("*/*/nocloud/user-data"))
json.dump({str(seed.parent.relative_to(folder)): check(seed) for seed in seeds}, sys.stdout)
