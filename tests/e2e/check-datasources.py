"""Runs inside a tools tree, with its cloud-init: each node's seed in each form is read by the datasource's own class, and its user-data goes
through cloud-init's own processing. Prints, as JSON by "<node> <form>", what the machine would have.

Usage: check-datasources.py FOLDER   where FOLDER/<node>/ is what was rendered; guestinfo is kept in /tmp/guestinfo by the shim on PATH.
"""

import base64
import contextlib
import http.server
import importlib
import json
import logging
import os
import pathlib
import re
import shutil
import sys
import threading
from unittest import mock

import yaml
from cloudinit import cloud, distros, dmi, helpers, util, version
from cloudinit.config.cc_write_files import canonicalize_extraction, extract_contents
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.handlers.jinja_template import JinjaTemplatePartHandler
from cloudinit.net import cmdline
from cloudinit.settings import PER_INSTANCE
from cloudinit.sources import DSMODE_NETWORK
from cloudinit.sources.helpers import ec2 as ec2_helper
from cloudinit.sources.helpers import vultr as vultr_helper
from cloudinit.user_data import is_skippable

FOLDER = pathlib.Path(sys.argv[1])
WORK = pathlib.Path("/tmp/work")
GUESTINFO = pathlib.Path("/tmp/guestinfo")
PORT = 18080
URL = f"http://127.0.0.1:{PORT}"

complaints = []


# Of a place without a distribution and without a network interface; and of a class whose platform gives its machines a drive by now.
EXPECTED = (
    "Unable to determine distribution",
    "Did not find a fallback interface",
    "DataSourceDigitalOcean is deprecated in 23.2",
)


class Complaints(logging.Handler):
    def emit(self, record):
        message = record.getMessage()
        if not message.startswith(EXPECTED):
            complaints.append(message)


logging.getLogger().addHandler(Complaints(level=logging.WARNING))

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


def module(name):
    return importlib.import_module(f"cloudinit.sources.DataSource{name}")


def read(node, path):
    return (FOLDER / node / path).read_bytes()


def make(name, config=None, kind=None):
    """A datasource's own class, in a fresh place, as ds-identify leaves it: the only one beside that of last resort."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("cloud/seed", "cloud/instance", "cloud/data", "run"):
        (WORK / folder).mkdir(parents=True)
    paths = helpers.Paths(
        {"cloud_dir": str(WORK / "cloud"), "run_dir": str(WORK / "run"), "templates_dir": "/etc/cloud/templates"}
    )
    distro = distros.fetch("debian")("debian", {}, paths)
    source_class = getattr(module(name), kind or f"DataSource{name}")
    settings = {"datasource_list": [source_class.dsname, "None"], "datasource": {source_class.dsname: config or {}}}
    return source_class(settings, distro, paths)


def seed_folder(name, files):
    folder = WORK / "cloud/seed" / name
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


# ---------------------------------------------------------------- what cloud-init makes of it


def cloud_config(source):
    """As stages.Init does: every part to the handler of its kind."""
    source.paths.datasource = source
    merged = WORK / "cloud-config.txt"
    plain = CloudConfigPartHandler(source.paths)
    plain.cloud_fn = str(merged)
    template = JinjaTemplatePartHandler(source.paths, sub_handlers=[plain])
    kinds = {kind: handler for handler in (plain, template) for kind in handler.list_types()}
    plain.handle_part(None, "__begin__", None, None, PER_INSTANCE, {})
    for part in source.get_userdata().walk():
        if is_skippable(part):
            continue
        kind = part.get_content_type()
        if kind not in kinds:
            complaints.append(f"nothing handles a part of {kind}")
            continue
        payload = util.fully_decoded_payload(part)
        kinds[kind].handle_part(None, kind, part.get_filename(), payload, PER_INSTANCE, {})
    plain.handle_part(None, "__end__", None, None, PER_INSTANCE, {})
    return yaml.safe_load(merged.read_text()) or {}


def written(config):
    files = {}
    for entry in config.get("write_files", []):
        content = extract_contents(entry["content"], canonicalize_extraction(entry.get("encoding")))
        files[entry["path"]] = content.decode() if isinstance(content, bytes) else content
    return files


def result(source, found=True, network=None):
    if not found:
        return {"complaints": [*complaints, "the datasource does not take it"], "files": {}}
    config = cloud_config(source)
    hostname = util.get_hostname_fqdn(config, cloud.Cloud(source, source.paths, {}, source.distro, None))
    return {
        "complaints": list(complaints),
        "files": written(config),
        "hostname": list(hostname)[:2],
        "instance": str(source.get_instance_id()),
        "network": network,
    }


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


def without_platform(user_data):
    """For what a platform's own class cannot be run for: cloud-init's processing of the user-data that it would have found."""
    source = make("None")
    source.ds_cfg = {"userdata_raw": user_data, "metadata": {"instance-id": "platform", "local-hostname": "platform"}}
    return result(source, source.get_data())


def azure(node, custom_data):
    """Azure's class asks the fabric; the document that the custom data comes in is parsed as it does."""
    wa, envelope = "http://schemas.microsoft.com/windowsazure", "http://schemas.dmtf.org/ovf/environment/1"
    document = (
        f'<ns0:Environment xmlns:ns0="{envelope}" xmlns:ns1="{wa}"><ns1:ProvisioningSection><ns1:Version>1.0</ns1:Version>'
        "<ns1:LinuxProvisioningConfigurationSet><ns1:ConfigurationSetType>LinuxProvisioningConfiguration</ns1:ConfigurationSetType>"
        f"<ns1:HostName>platform</ns1:HostName><ns1:UserName>admin</ns1:UserName>"
        f"<ns1:CustomData>{base64.b64encode(custom_data).decode()}</ns1:CustomData>"
        "</ns1:LinuxProvisioningConfigurationSet></ns1:ProvisioningSection><ns1:PlatformSettingsSection><ns1:Version>1.0</ns1:Version>"
        "<ns1:PlatformSettings><ns1:ProvisionGuestAgent>true</ns1:ProvisionGuestAgent></ns1:PlatformSettings>"
        "</ns1:PlatformSettingsSection></ns0:Environment>"
    )
    with world():
        return without_platform(module("Azure").read_azure_ovf(document)[1])


def no_dhcp(name):
    """Its class would ask DHCP for an address first."""
    names = [each for each in ("EphemeralDHCPv4", "EphemeralIPNetwork") if hasattr(module(name), each)]
    without = {each: lambda *_, **__: contextlib.nullcontext(None) for each in names}
    return mock.patch.multiple(module(name), **without)


def hetzner(node, path):
    metadata = yaml.safe_dump({"instance-id": "77", "hostname": "platform", "network-config": {"version": 1, "config": []}})
    files = {"/metadata": metadata.encode(), "/userdata": read(node, path)}
    with no_dhcp("Hetzner"), world(routes(files), system_manufacturer="Hetzner", system_serial_number="77"):
        source = make("Hetzner", {"metadata_url": f"{URL}/metadata", "userdata_url": f"{URL}/userdata", "retries": 0})
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


def vultr(node):
    metadata = {
        # As the service answers an older cloud-init, and a newer one.
        "region": {"regioncode": "AMS"} if version.version_string() < "23" else "ams",
        **{"instance-v2-id": "77", "hostname": "platform", "interfaces": []},
        **{"vendor-data": "", "local-hostname": "platform", "instance-id": "77"},
        "user-data": read(node, "vultr/user-data").decode(),
    }
    files = {"/v1.json": json.dumps(metadata).encode()}
    # Its own goes through every interface with DHCP.
    fetch = mock.patch.object(
        vultr_helper, "get_metadata", lambda *_, **__: json.loads(vultr_helper.read_metadata(URL, 5, 0, 1, "test"))
    )
    with fetch, world(routes(files), system_manufacturer="Vultr", system_serial_number="77"):
        source = make("Vultr", {"url": URL})
        return result(source, source.get_data())


def text(node, path):
    return read(node, path).decode()


def user_data_alone(node, path):
    with world():
        return without_platform(read(node, path))


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
    "azure": lambda node: azure(node, read(node, "azure/custom-data")),
    "azure base64": lambda node: azure(node, base64.b64decode(read(node, "azure/custom-data.base64"))),
    "hetzner": lambda node: hetzner(node, "hetzner/user-data"),
    "hetzner base64": lambda node: hetzner(node, "hetzner/user-data.base64"),
    "digitalocean": digitalocean,
    "digitalocean drive": digitalocean_drive,
    "vultr": vultr,
    "user-data": lambda node: user_data_alone(node, "user-data/user-data"),
}

# Where text is more than the platform takes, only the compressed form is there.
PLAIN = {"openstack": "openstack/user-data", "ec2": "ec2/user-data", "gce": "gce/user-data", "azure": "azure/custom-data", "hetzner": "hetzner/user-data"}

found = {}
for node in sorted(path.name for path in FOLDER.iterdir() if path.is_dir()):
    for form, check in FORMS.items():
        if form in PLAIN and not (FOLDER / node / PLAIN[form]).exists():
            continue
        found[f"{node} {form}"] = check(node)
json.dump(found, sys.stdout, default=str)
