#!/bin/sh
# What belongs to this machine or to this build goes.
set -eu
# Root's own, and in memory: it runs when everything else is done.
mkdir -p -m 0755 /run/kimg
{
  echo "user='$KIMG_BUILD_USER'"
  cat <<'FINISH'
# Removes the user of the build, its key and its rights; with `poweroff` also switches off.
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
[ "${1:-}" != poweroff ] || systemctl poweroff
FINISH
} >/run/kimg/finish.sh
# They would write at power-off what is removed here.
systemctl stop systemd-random-seed.service rsyslog.service systemd-timesyncd.service 2>/dev/null || :
journalctl --relinquish-var 2>/dev/null || :
# cloud-init's, for this instance: the first boot of each node writes its own.
rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init /etc/ssh/sshd_config.d/50-cloud-init.conf \
  /etc/systemd/network/10-cloud-init-*.network /etc/udev/rules.d/70-persistent-net.rules /etc/cloud/cloud-init.disabled \
  /etc/apt/sources.list.d/debian.sources /etc/apt/apt.conf.d/94cloud-init-config /var/lib/dhcp/*.leases
# The installer's own network: nodes get theirs from cloud-init.
[ ! -e /etc/network/interfaces ] || printf 'auto lo\niface lo inet loopback\n' >/etc/network/interfaces
rm -rf /var/lib/systemd/timesync /var/lib/systemd/network /var/lib/systemd/timers /var/lib/systemd/rfkill
rmdir /var/lib/systemd/linger 2>/dev/null || :
# Written by programs that have run here.
[ ! -d /usr/share/netplan ] || find /usr/share/netplan -name __pycache__ -prune -exec rm -rf {} +
(
#!/bin/sh
set -eu
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/hostname /etc/ssh/ssh_host_* /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- \
  /etc/subuid- /etc/subgid- /etc/.pwd.lock /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \
  /etc/apt/apt.conf.d/99mmdebstrap /etc/dpkg/dpkg.cfg.d/99mmdebstrap /var/lib/dpkg/*-old /var/cache/debconf/*-old \
  /var/cache/ldconfig/aux-cache /var/cache/apt/*.bin /root/.bash_history /root/.lesshst
ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
rm -rf /var/lib/cloud /var/log/journal /var/lib/apt/lists /var/cache/apt/archives /var/tmp
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
mkdir -m 1777 /var/tmp
find /var/log -type f -delete
# What depends on /usr is up to date: a first boot need not do it again (systemd-update-done.service(8)).
touch /usr /etc/.updated /var/.updated
)
