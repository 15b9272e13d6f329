"""Cloud-init's own code brought to read one seed: a datasource's class in a fresh place, what becomes of its user-data, and what was complained of."""

import importlib
import logging
import pathlib
import shutil

import yaml
from cloudinit import cloud, distros, helpers, util
from cloudinit.config.cc_write_files import canonicalize_extraction, extract_contents
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.handlers.jinja_template import JinjaTemplatePartHandler
from cloudinit.settings import PER_INSTANCE
from cloudinit.user_data import is_skippable

WORK = pathlib.Path("/tmp/work")

complaints = []

# Of a place without a distribution, a network interface, systemd or a right to the kernel's log; and of a class whose platform gives its
# machines a drive by now.
EXPECTED = (
    "Unable to determine distribution",
    "Did not find a fallback interface",
    "Failed to get boot telemetry: distro not using systemd",
    "Exception when dumping dmesg log",
    "DataSourceDigitalOcean is deprecated in 23.2",
)


class Complaints(logging.Handler):
    def emit(self, record):
        message = record.getMessage()
        if not message.startswith(EXPECTED):
            complaints.append(message)


logging.getLogger().addHandler(Complaints(level=logging.WARNING))


def module(name):
    return importlib.import_module(f"cloudinit.sources.DataSource{name}")


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
    """What the machine would have."""
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
