#!/bin/sh
# Where Debian's packages come from, and the machine's own packages brought up to date.
set -eu
systemctl stop apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service 2>/dev/null || :
# Images of clouds have a list of their own beside the image's, and a user's mirror would not be asked alone.
rm -f /etc/apt/sources.list.d/debian.sources
if [ -d /var/tmp/kimg/supply/distribution ]; then
  echo "deb [trusted=yes] copy:/var/tmp/kimg/supply/distribution images/$KIMG_IMAGE/" >/etc/apt/sources.list
elif [ -n "$KIMG_DEBIAN_MIRROR" ]; then
  sed "s|http://deb.debian.org|${KIMG_DEBIAN_MIRROR%/}|" /var/tmp/kimg/sources.list >/etc/apt/sources.list
else
  cp /var/tmp/kimg/sources.list /etc/apt/sources.list
fi
set -- -q -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef
# By itself it only warns of an archive that does not answer, and what the base has already would be the newest.
apt-get update "$@" -o APT::Update::Error-Mode=any
[ "$KIMG_UPGRADE" != true ] || apt-get full-upgrade --yes --no-install-recommends "$@"
