// The shell scripts of a build in a machine that the embedded engine needs no scripts for: it unpacks tar archives where these copy files.
// They run as root, by `sh -e`, with the environment of every provisioning step and what provisioning.ts adds.
import { installScript, recordScript } from "../provisioning-steps.ts";
import { sealScript } from "../disk/seal.ts";

/** In the machine: what is uploaded. On its disk, for the supply may be larger than its memory. */
export const upload = "/var/tmp/kimg";
const archive = `${upload}/supply/distribution`;

export const sources = `#!/bin/sh
# Where Debian's packages come from, and the machine's own packages brought up to date.
set -eu
systemctl stop apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service 2>/dev/null || :
# Images of clouds have a list of their own beside the image's, and a user's mirror would not be asked alone.
rm -f /etc/apt/sources.list.d/debian.sources
if [ -d ${archive} ]; then
  echo "deb [trusted=yes] copy:${archive} images/$KIMG_IMAGE/" >/etc/apt/sources.list
elif [ -n "$KIMG_DEBIAN_MIRROR" ]; then
  sed "s|http://deb.debian.org|\${KIMG_DEBIAN_MIRROR%/}|" ${upload}/sources.list >/etc/apt/sources.list
else
  cp ${upload}/sources.list /etc/apt/sources.list
fi
set -- -q -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef
# By itself it only warns of an archive that does not answer, and what the base has already would be the newest.
apt-get update "$@" -o APT::Update::Error-Mode=any
[ "$KIMG_UPGRADE" != true ] || apt-get full-upgrade --yes --no-install-recommends "$@"
`;

export const packages = `#!/bin/sh
# The packages of the image and of the role. The supply's win over the distribution's of the same name.
if [ -n "$KIMG_COMPONENTS" ] && [ ! -e ${upload}/supply/packages/Packages ]; then
  echo 'the folder supply/ beside the template is empty: run kimg packer without --template-only' >&2
  exit 1
fi
mkdir -p ${upload}/supply/packages
[ -e ${upload}/supply/packages/Packages ] || : >${upload}/supply/packages/Packages
# shellcheck disable=SC2086 # a list
set -- $KIMG_PACKAGES
${installScript({ packages: `${upload}/supply/packages`, archive, certificates: `${upload}/supply/certificates.crt` })}
`;

export const record = `#!/bin/sh
# What is installed and where it came from: for kimg.lock, and for /etc/kimg/image.json.
set -- "$KIMG_SUPPLIED"
{
${recordScript(archive)}
} >${upload}/packages.txt
[ -e ${upload}/supply/image.json ] || exit 0
mkdir -p /etc/kimg
python3 - ${upload}/supply/image.json ${upload}/packages.txt /etc/kimg/image.json <<'PYTHON'
import json, re, sys, urllib.parse

description, records, to = sys.argv[1:]
with open(description, encoding="utf-8") as file:
    image = json.load(file)
with open(records, encoding="utf-8") as file:
    found = re.findall(r"^'[^']+' (\\S+?)_(\\S+)_\\S+\\.deb \\d+ SHA256:", file.read(), re.M)
image["packages"] = {name: urllib.parse.unquote(version) for name, version in sorted(found)}
with open(to, "w", encoding="utf-8") as file:
    file.write(json.dumps(image, indent=2, ensure_ascii=False) + "\\n")
PYTHON
chmod 0644 /etc/kimg/image.json
`;

export const files = `#!/bin/sh
# The image's and the role's files, as they are. Folders that are there already keep what they are.
set -eu
mkdir -p ${upload}/files
cd ${upload}/files
find . -type f -print0 |
  tar --create --null --files-from=- --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --file=- |
  tar --extract --directory=/ --keep-directory-symlink --no-overwrite-dir --preserve-permissions --file=-
cp ${upload}/sources.list /etc/apt/sources.list
chmod 0644 /etc/apt/sources.list
`;

export const containers = `#!/bin/sh
# The role's container images, as containerd has them: made by kimg with this very containerd, with nothing to import at boot.
set -eu
[ -e ${upload}/supply/containerd.tar ] || exit 0
systemctl stop containerd.service 2>/dev/null || :
rm -rf /var/lib/containerd
tar --extract --directory=/ --numeric-owner --preserve-permissions --xattrs --xattrs-include='*' --file=${upload}/supply/containerd.tar
`;

/** After a line that says who the user is. */
const finish = `# Removes the user of the build, its key and its rights; with \`poweroff\` also switches off.
rm -f /etc/sudoers.d/90-cloud-init-users /etc/sudoers.d/"$user"
userdel --force --remove "$user" 2>/dev/null || :
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock
chmod 0755 /etc/sudoers.d
rm -rf /root/.ssh/* /root/.cache /var/tmp/kimg
# What was uploaded or removed is not to lie in the image's free blocks. Not every disk forgets what is trimmed, and none less than a cluster.
# What ext4 keeps back (https://docs.kernel.org/admin-guide/ext4.html, until the next mount) is free too; a fast writer leaves the last few.
sync
for kept in /sys/fs/ext4/*/reserved_clusters; do
  [ ! -e "$kept" ] || echo 0 >"$kept"
done
dd if=/dev/zero of=/.zeros-1 bs=1M 2>/dev/null
sync
dd if=/dev/zero of=/.zeros-2 bs=4k oflag=sync 2>/dev/null
rm -f /.zeros-1 /.zeros-2
sync
fstrim / 2>/dev/null || :
[ "\${1:-}" != poweroff ] || systemctl poweroff
`;

/** The embedded engine's seal, and before it what only a machine that has run can have. /etc/fstab is its disk's own and stays. */
export const seal = `#!/bin/sh
# What belongs to this machine or to this build goes.
set -eu
# Root's own, and in memory: it runs when everything else is done.
mkdir -p -m 0755 /run/kimg
{
  echo "user='$KIMG_BUILD_USER'"
  cat <<'FINISH'
${finish}FINISH
} >/run/kimg/finish.sh
# They would write at power-off what is removed here.
systemctl stop systemd-random-seed.service rsyslog.service systemd-timesyncd.service 2>/dev/null || :
journalctl --relinquish-var 2>/dev/null || :
# cloud-init's, for this instance: the first boot of each node writes its own.
rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init /etc/ssh/sshd_config.d/50-cloud-init.conf \\
  /etc/systemd/network/10-cloud-init-*.network /etc/udev/rules.d/70-persistent-net.rules /etc/cloud/cloud-init.disabled \\
  /etc/apt/sources.list.d/debian.sources /etc/apt/apt.conf.d/94cloud-init-config /var/lib/dhcp/*.leases
# The installer's own network: nodes get theirs from cloud-init.
[ ! -e /etc/network/interfaces ] || printf 'auto lo\\niface lo inet loopback\\n' >/etc/network/interfaces
rm -rf /var/lib/systemd/timesync /var/lib/systemd/network /var/lib/systemd/timers /var/lib/systemd/rfkill
rmdir /var/lib/systemd/linger 2>/dev/null || :
# Written by programs that have run here.
[ ! -d /usr/share/netplan ] || find /usr/share/netplan -name __pycache__ -prune -exec rm -rf {} +
(
${sealScript()})
`;
