"""Runs inside a tools tree, with its cloud-init: each node's seed in each form is read by the datasource's own class, and its user-data goes
through cloud-init's own processing. Prints, as JSON by "<node> <form>", what the machine would have. Platforms that are asked for an address
first are check-platforms.py's.

Usage: check-datasources.py FOLDER   where FOLDER/<node>/ is what was rendered; guestinfo is kept in /tmp/guestinfo by the shim on PATH.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import sys
import threading
from unittest import mock

from cloudinit import dmi
from cloudinit.net import cmdline
from cloudinit.sources import DSMODE_NETWORK
from cloudinit.sources.helpers import ec2 as ec2_helper
from seed_reading import complaints, make, module, result, seed_folder

FOLDER = pathlib.Path(sys.argv[1])
GUESTINFO = pathlib.Path("/tmp/guestinfo")
PORT = 18080
URL = f"http://127.0.0.1:{PORT}"

# ---------------------------------------------------------------- the world that a machine sees

machine = {}
dmi.read_dmi_data = lambda key: machine.get(key)

served = {"answer": lambda method, path, headers: None}


class Service(http.server.BaseHTTPRequestHandler):
    def respond(self):
        body = served["answer"](self.command, self.path.split("?")[0], self.headers)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    do_GET = do_PUT = respond

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()


@contextlib.contextmanager
def world(answer=None, command_line="", **dmi_data):
    """What DMI says, what the metadata service answers, and the kernel's command line."""
    machine.clear()
    machine.update({key.replace("_", "-"): value for key, value in dmi_data.items()})
    served["answer"] = answer or (lambda *_: None)
    os.environ["DEBUG_PROC_CMDLINE"] = command_line
    complaints.clear()
    yield


def routes(files):
    """A service of fixed answers; folders list what is in them."""
    return lambda _method, path, _headers: files.get(path.rstrip("/"))


def read(node, path):
    return (FOLDER / node / path).read_bytes()


# ---------------------------------------------------------------- the forms


def nocloud(node, files):
    with world():
        source = make("NoCloud")
        seed_folder("nocloud", files)
        return result(source, source.get_data(), source.network_config)


def nocloud_folder(node):
    return nocloud(node, {name: read(node, f"nocloud/{name}") for name in ("meta-data", "network-config", "user-data")})


def proxmox(node):
    kinds = {"meta": "meta-data", "network": "network-config", "user": "user-data"}
    found = {path.stem.rsplit("-", 1)[1]: path.read_bytes() for path in (FOLDER / node / "proxmox").iterdir()}
    return nocloud(node, {kinds[kind]: content for kind, content in found.items()})


def nocloud_http(node, **where):
    def answer(_method, path, _headers):
        inside = FOLDER / path.removeprefix("/everywhere/")
        return inside.read_bytes() if path.startswith("/everywhere/") and inside.is_file() else None

    with world(answer, **where):
        source = make("NoCloud", kind="DataSourceNoCloudNet")
        found = source.get_data()
        if source.dsmode != DSMODE_NETWORK:
            complaints.append(f"22.4's network stage leaves out what is of mode {source.dsmode}")
        return result(source, found, cmdline.read_kernel_cmdline_config() or source.network_config)


def nocloud_command_line(node):
    return nocloud_http(node, command_line="quiet " + read(node, "nocloud-http.cmdline").decode().strip())


def nocloud_smbios(node):
    return nocloud_http(node, system_serial_number=read(node, "nocloud-http.serial").decode().strip())


def fill_guestinfo(values):
    shutil.rmtree(GUESTINFO, ignore_errors=True)
    GUESTINFO.mkdir()
    for key, value in values.items():
        (GUESTINFO / key).write_text(value)


def vmware(node):
    line = re.compile(r'^(guestinfo\.[a-z.]+) = "([A-Za-z0-9+/=]+)"$')
    lines = read(node, "vmware/lines.vmx").decode().splitlines()
    values = dict(line.match(each).groups() for each in lines)
    assert values == json.loads(read(node, "vmware/extra-config.json"))
    assert all(values[key] == read(node, f"vmware/{key}").decode() for key in values if not key.endswith(".encoding"))
    fill_guestinfo(values)
    with world(system_product_name="VMware7,1"):
        source = make("VMware")
        made = result(source, source.get_data())
        made["network"] = source.network_config
        left = {path.name: path.read_text() for path in GUESTINFO.iterdir()}
        made["left"] = {key: value for key, value in left.items() if value.strip() not in ("", "---")}
        return made


def ovf(node):
    environment = read(node, "ovf/ovf-env.xml").decode()
    options = json.loads(read(node, "ovf/options.json"))
    fill_guestinfo({"guestinfo.ovfEnv": environment})
    with world(system_product_name="VMware7,1"):
        properties = module("OVF").get_properties(environment)
        assert properties == {each["Key"]: each["Value"] for each in options["PropertyMapping"]}
        source = make("OVF")
        return result(source, source.get_data(), source.network_config)


def config_drive(node):
    folder = FOLDER / node / "config-drive"
    with world():
        source = make("ConfigDrive")
        seed_folder("config_drive", {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
        found = source.get_data()
        macs = re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", json.dumps(source.network_json if source.network_json else {}))
        source.known_macs = {mac: "ens3" for mac in macs}
        return result(source, found, source.network_config)


def openstack(node, path):
    properties = json.loads(read(node, "openstack/properties.json"))
    assert all(isinstance(value, str) for value in properties.values())
    metadata = {"uuid": "0e1f", "hostname": "platform.novalocal", "name": "platform", "meta": properties}
    files = {
        "/openstack": b"latest\n",
        "/openstack/latest/meta_data.json": json.dumps(metadata).encode(),
        "/openstack/latest/user_data": read(node, path),
    }
    # Amazon's service is asked too, at an address of its own that no sandbox has.
    nothing = mock.patch.object(ec2_helper, "get_instance_metadata", lambda *_, **__: {})
    with nothing, world(routes(files), system_product_name="OpenStack Nova"):
        source = make("OpenStack", {"metadata_urls": [URL], "max_wait": 5, "timeout": 5, "retries": 0})
        return result(source, source.get_data())


def ec2(node, path):
    """With IMDSv2 alone, as kimg's templates want it."""
    document = json.dumps({"instanceId": "i-0abc"}).encode()
    files = {
        "/2021-03-23/meta-data/instance-id": b"i-0abc",
        "/2021-03-23/meta-data": b"instance-id\nlocal-hostname",
        "/2021-03-23/meta-data/local-hostname": b"ip-10-0-0-1.ec2.internal",
        "/2021-03-23/user-data": read(node, path),
        "/2021-03-23/dynamic/instance-identity": b"document",
        "/2021-03-23/dynamic/instance-identity/document": document,
    }

    def answer(method, wanted, headers):
        if method == "PUT":
            return b"session" if wanted == "/latest/api/token" and headers["X-aws-ec2-metadata-token-ttl-seconds"] else None
        return files.get(wanted.rstrip("/")) if headers["X-aws-ec2-metadata-token"] == "session" else None

    serial = "ec2e1916-9099-7caf-fd21-012345abcdef"
    with world(answer, system_uuid=serial, system_serial_number=serial, system_manufacturer="Amazon EC2"):
        source = make("Ec2", {"metadata_urls": [URL], "max_wait": 5, "timeout": 5})
        return result(source, source.get_data())


def gce(node, attributes):
    files = {
        "/computeMetadata/v1/instance/id": b"123",
        "/computeMetadata/v1/instance/zone": b"projects/1/zones/europe-west1-b",
        "/computeMetadata/v1/instance/hostname": b"platform.c.project.internal",
        "/computeMetadata/v1/instance/attributes": json.dumps(attributes).encode(),
        "/computeMetadata/v1/project/attributes": b"{}",
    }

    def answer(_method, path, headers):
        return files.get(path.rstrip("/")) if headers["Metadata-Flavor"] == "Google" else None

    with world(answer, system_product_name="Google Compute Engine"):
        source = make("GCE", {"metadata_url": f"{URL}/computeMetadata/v1/", "retries": 0})
        return result(source, source.get_data())


def digitalocean(node):
    metadata = {"droplet_id": "77", "hostname": "platform", "user_data": read(node, "digitalocean/user-data").decode()}
    with world(
        routes({"/v1.json": json.dumps(metadata).encode()}),
        system_manufacturer="DigitalOcean",
        system_serial_number="77",
    ):
        source = make("DigitalOcean", {"metadata_url": f"{URL}/v1.json", "use_ip4LL": False, "retries": 0})
        return result(source, source.get_data())


def digitalocean_drive(node):
    metadata = json.dumps({"uuid": "77", "hostname": "platform"}).encode()
    with world():
        source = make("ConfigDrive")
        user_data = read(node, "digitalocean/user-data")
        files = {"meta_data.json": metadata, "user_data": user_data}
        seed_folder("config_drive/openstack/latest", files)
        return result(source, source.get_data())


def text(node, path):
    return read(node, path).decode()


def user_data_alone(node):
    """Cloud-init's processing of what any platform's class would have found."""
    with world():
        source = make("None")
        metadata = {"instance-id": "platform", "local-hostname": "platform"}
        source.ds_cfg = {"userdata_raw": read(node, "user-data/user-data"), "metadata": metadata}
        return result(source, source.get_data())


FORMS = {
    "nocloud": nocloud_folder,
    "nocloud-http": nocloud_command_line,
    "nocloud-http smbios": nocloud_smbios,
    "proxmox": proxmox,
    "vmware": vmware,
    "ovf": ovf,
    "config-drive": config_drive,
    "openstack": lambda node: openstack(node, "openstack/user-data"),
    "openstack gz": lambda node: openstack(node, "openstack/user-data.gz"),
    "ec2": lambda node: ec2(node, "ec2/user-data"),
    "ec2 gz": lambda node: ec2(node, "ec2/user-data.gz"),
    "gce": lambda node: gce(node, {"user-data": text(node, "gce/user-data")}),
    "gce base64": lambda node: gce(
        node,
        {"user-data": text(node, "gce/user-data.base64"), "user-data-encoding": text(node, "gce/user-data-encoding")},
    ),
    "digitalocean": digitalocean,
    "digitalocean drive": digitalocean_drive,
    "user-data": user_data_alone,
}

# Where text is more than the platform takes, only the compressed form is there.
PLAIN = {"openstack": "openstack/user-data", "ec2": "ec2/user-data", "gce": "gce/user-data"}

found = {}
for node in sorted(path.name for path in FOLDER.iterdir() if path.is_dir()):
    for form, check in FORMS.items():
        if form in PLAIN and not (FOLDER / node / PLAIN[form]).exists():
            continue
        found[f"{node} {form}"] = check(node)
json.dump(found, sys.stdout, default=str)
