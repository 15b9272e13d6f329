"""Runs inside a tools tree, with its cloud-init: each node's seed where Azure, Hetzner and Vultr have it is read by the datasource's own class,
of which nothing is patched. The machine and its platform are two networks with a cable in between: the DHCP client of cloud-init asks dnsmasq,
and the services answer at their own addresses. Prints, as JSON by "<node> <form>", what the machine would have, and what it asked for.

Usage: check-platforms.py FOLDER   where FOLDER/<node>/ is what was rendered, and /sys is the host's
"""

import base64
import concurrent.futures
import ctypes
import http.server
import json
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import typing

import yaml
from seed_reading import WORK, make, result, seed_folder

FOLDER = pathlib.Path(sys.argv[1])
SECONDS = 300
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000


def run(*argv):
    subprocess.run(argv, check=True, stdout=sys.stderr)


def unshare(kinds):
    """Puts this thread, and what it starts from now on, into namespaces of its own. Python has os.unshare from 3.12 on."""
    if ctypes.CDLL(None, use_errno=True).unshare(kinds) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


# ---------------------------------------------------------------- the machine

RUN = pathlib.Path("/run")
MAC, ADDRESS, ROUTER = "52:54:00:00:20:31", "10.0.0.21", "10.0.0.1"


def start_machine(smbios):
    """Folders that are empty, and a /sys with this network's interfaces and an SMBIOS: a machine, whatever systemd thinks of the sandbox."""
    for folder in (RUN, "/sys", "/var/lib", "/var/log", WORK):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    (RUN / "sysfs").mkdir()
    run("mount", "-t", "sysfs", "-o", "ro", "sysfs", RUN / "sysfs")
    identity = pathlib.Path("/sys/class/dmi/id")
    identity.mkdir(parents=True)
    for name, value in smbios.items():
        (identity / name).write_text(f"{value}\n")
    pathlib.Path("/sys/class/net").symlink_to(RUN / "sysfs/class/net")
    pathlib.Path("/var/lib/dhcpcd").mkdir()
    pathlib.Path("/var/log/cloud-init.log").touch()
    shim = RUN / "shim/systemd-detect-virt"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 1\n")
    shim.chmod(0o755)
    os.environ["PATH"] = f"{shim.parent}:{os.environ['PATH']}"


# ---------------------------------------------------------------- the platform

METADATA, WIRESERVER = "169.254.169.254", "168.63.129.16"
PID, LEASES = RUN / "dnsmasq.pid", RUN / "dnsmasq.leases"


class Answer(typing.NamedTuple):
    """To a request with these headers that sends this; any other is a bad one."""

    body: bytes
    headers: dict = {}
    sent: bytes = b""


class Platform(typing.NamedTuple):
    """What SMBIOS says, arguments of dnsmasq, and the answers by method and URL."""

    smbios: dict
    dhcp: list
    answers: dict


def classless_routes(*networks):
    """RFC 3442."""
    return "--dhcp-option=option:classless-static-route," + ",".join(f"{network},{ROUTER}" for network in networks)


def leave_network():
    unshare(CLONE_NEWNET)
    return threading.get_native_id()


def service(answers, asked):
    class Service(http.server.BaseHTTPRequestHandler):
        def respond(self):
            request = f"{self.command} http://{self.headers['Host']}{self.path}"
            sent = self.rfile.read(int(self.headers["Content-Length"] or 0))
            asked.append(request)
            answer = answers.get(request)
            if answer is None:
                self.send_error(404)
            elif answer.sent not in sent or any(self.headers[key] != value for key, value in answer.headers.items()):
                self.send_error(400)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = respond

    return http.server.ThreadingHTTPServer(("0.0.0.0", 80), Service)


def start_platform(platform, asked):
    """In the network of this thread, where eth0 is the other end of the machine's cable."""
    for address, interface in ((f"{ROUTER}/24", "eth0"), (f"{METADATA}/32", "lo"), (f"{WIRESERVER}/32", "lo")):
        run("ip", "address", "add", address, "dev", interface)
        run("ip", "link", "set", interface, "up")
    # It goes into the background once it listens. Here root is the only user that there is.
    run(
        *("dnsmasq", "--conf-file=/dev/null", "--port=0", "--user=", "--no-ping", "--dhcp-authoritative"),
        *(f"--pid-file={PID}", f"--dhcp-leasefile={LEASES}", f"--dhcp-range={ADDRESS},{ADDRESS},255.255.255.0"),
        *platform.dhcp,
    )
    return service(platform.answers, asked)


def read_on(platform, name, files=None):
    """What a machine on the platform would have, of the datasource of this name."""
    asked = []
    start_machine(platform.smbios)
    with concurrent.futures.ThreadPoolExecutor(1) as elsewhere:
        network = elsewhere.submit(leave_network).result()
        cable = ("type", "veth", "peer", "name", "eth0", "netns", str(network))
        run("ip", "link", "add", "eth0", "address", MAC, *cable)
        server = elsewhere.submit(start_platform, platform, asked).result()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = make(name)
        seed_folder(name.lower(), files or {})
        found = source.get_data()
        made = result(source, found, source.network_config if found else None)
        os.kill(int(PID.read_text()), signal.SIGTERM)
        server.shutdown()
    leased = [line.split()[2] for line in LEASES.read_text().splitlines()]
    return {**made, "asked": asked, "leased": leased}


# ---------------------------------------------------------------- the forms


def hetzner(user_data):
    """https://docs.hetzner.cloud/reference/cloud#server-metadata"""
    interface = {"type": "physical", "name": "eth0", "mac_address": MAC, "subnets": [{"type": "dhcp", "ipv4": True}]}
    metadata = {
        "hostname": "platform",
        "instance-id": "77",
        "network-config": {"version": 1, "config": [interface]},
    }
    answers = {
        f"GET http://{METADATA}/hetzner/v1/metadata": Answer(yaml.safe_dump(metadata).encode()),
        f"GET http://{METADATA}/hetzner/v1/userdata": Answer(user_data),
    }
    return read_on(Platform({"sys_vendor": "Hetzner", "product_serial": "77"}, [], answers), "Hetzner")


def vultr(user_data):
    """https://www.vultr.com/metadata/"""
    metadata = {
        "hostname": "platform",
        "instance-v2-id": "77",
        "interfaces": [{"mac": MAC, "ipv4": {"additional": []}, "ipv6": {"additional": []}}],
        "region": {"regioncode": "AMS"},
        "user-data": user_data.decode(),
        "vendor-data": "",
    }
    answers = {f"GET http://{METADATA}/v1.json": Answer(json.dumps(metadata).encode(), {"Metadata-Token": "cloudinit"})}
    # Cloud-init 22.4.2 knows the platform's DHCP server from a customer's by the route to the service.
    dhcp = [classless_routes("0.0.0.0/0", f"{METADATA}/32")]
    return read_on(Platform({"sys_vendor": "Vultr", "product_serial": "77"}, dhcp, answers), "Vultr")


def ovf_environment(custom_data):
    """What is on the CD that Azure provisions a machine with. No namespace may mount a CD: the datasource's seed folder has it."""
    wa, envelope = "http://schemas.microsoft.com/windowsazure", "http://schemas.dmtf.org/ovf/environment/1"
    return (
        f'<ns0:Environment xmlns:ns0="{envelope}" xmlns:ns1="{wa}"><ns1:ProvisioningSection><ns1:Version>1.0</ns1:Version>'
        "<ns1:LinuxProvisioningConfigurationSet><ns1:ConfigurationSetType>LinuxProvisioningConfiguration</ns1:ConfigurationSetType>"
        "<ns1:HostName>platform</ns1:HostName><ns1:UserName>admin</ns1:UserName>"
        f"<ns1:CustomData>{custom_data.decode()}</ns1:CustomData>"
        "</ns1:LinuxProvisioningConfigurationSet></ns1:ProvisioningSection><ns1:PlatformSettingsSection><ns1:Version>1.0</ns1:Version>"
        "<ns1:PlatformSettings><ns1:ProvisionGuestAgent>true</ns1:ProvisionGuestAgent></ns1:PlatformSettings>"
        "</ns1:PlatformSettingsSection></ns0:Environment>"
    ).encode()


GOAL_STATE = b"""<?xml version="1.0" encoding="utf-8"?>
<GoalState><Version>2012-11-30</Version><Incarnation>1</Incarnation><Container><ContainerId>c1</ContainerId>
<RoleInstanceList><RoleInstance><InstanceId>i1</InstanceId></RoleInstance></RoleInstanceList></Container></GoalState>
"""


def azure(custom_data):
    """https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service"""
    machine = "12345678-1234-1234-1234-123456789abc"
    addresses = {"ipAddress": [{"privateIpAddress": ADDRESS}], "subnet": [{"address": "10.0.0.0", "prefix": "24"}]}
    metadata = {
        "compute": {
            "location": "westeurope",
            "osProfile": {"adminUsername": "admin", "computerName": "platform", "disablePasswordAuthentication": "true"},
            "publicKeys": [],
            "vmId": machine,
        },
        "network": {"interface": [{"macAddress": MAC.replace(":", ""), "ipv4": addresses, "ipv6": {"ipAddress": []}}]},
    }
    agent = {"x-ms-agent-name": "WALinuxAgent", "x-ms-version": "2012-11-30"}
    answers = {
        f"GET http://{METADATA}/metadata/instance?api-version=2021-08-01&extended=true": Answer(
            json.dumps(metadata).encode(), {"Metadata": "true"}
        ),
        f"GET http://{WIRESERVER}/machine/?comp=goalstate": Answer(GOAL_STATE, agent),
        f"POST http://{WIRESERVER}/machine?comp=health": Answer(b"", agent, b"<State>Ready</State>"),
    }
    dhcp = [
        classless_routes("0.0.0.0/0", f"{WIRESERVER}/32", f"{METADATA}/32"),
        # Where the wireserver is; it is told though nobody asks for it.
        f"--dhcp-option-force=245,{WIRESERVER}",
    ]
    smbios = {"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77", "product_uuid": machine}
    return read_on(Platform(smbios, dhcp, answers), "Azure", {"ovf-env.xml": ovf_environment(custom_data)})


FORMS = {
    "azure": ("azure/custom-data", lambda text: azure(base64.b64encode(text))),
    "azure base64": ("azure/custom-data.base64", azure),
    "hetzner": ("hetzner/user-data", hetzner),
    "hetzner base64": ("hetzner/user-data.base64", hetzner),
    "vultr": ("vultr/user-data", vultr),
}


def check(node, form):
    """In a process that has done nothing else: it is put into namespaces, and cloud-init remembers what it found."""
    unshare(CLONE_NEWNET | CLONE_NEWNS)
    path, read = FORMS[form]
    return read((FOLDER / node / path).read_bytes())


nodes = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
keys = [(node, form) for node in nodes for form, (path, _) in FORMS.items() if (FOLDER / node / path).exists()]
WORK.mkdir()
# Four at a time, for they wait more than they work.
with multiprocessing.get_context("fork").Pool(4, maxtasksperchild=1) as pool:
    made = pool.starmap_async(check, keys, chunksize=1).get(SECONDS)
json.dump({" ".join(key): each for key, each in zip(keys, made)}, sys.stdout)
