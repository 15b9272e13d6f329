#!/bin/sh
# The packages of the image and of the role. The supply's win over the distribution's of the same name.
if [ -n "$KIMG_COMPONENTS" ] && [ ! -e /var/tmp/kimg/supply/packages/Packages ]; then
  echo 'the folder supply/ beside the template is empty: run kimg packer without --template-only' >&2
  exit 1
fi
mkdir -p /var/tmp/kimg/supply/packages
[ -e /var/tmp/kimg/supply/packages/Packages ] || : >/var/tmp/kimg/supply/packages/Packages
# shellcheck disable=SC2086 # a list
set -- $KIMG_PACKAGES
set -eu
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d /etc/apt/sources.list.d/kimg.list /etc/apt/preferences.d/kimg' EXIT
echo 'deb [trusted=yes] copy:/var/tmp/kimg/supply/packages ./' > /etc/apt/sources.list.d/kimg.list
printf 'Package: *\nPin: release o=kimg\nPin-Priority: 1001\n' > /etc/apt/preferences.d/kimg
[ ! -e /var/tmp/kimg/supply/certificates.crt ] || set -- -o Acquire::https::CAInfo=/var/tmp/kimg/supply/certificates.crt "$@"
set -- -q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef "$@"
apt-get update -o Dir::Etc::sourcelist=sources.list.d/kimg.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \
  -o APT::Sandbox::User=root
[ ! -d /var/tmp/kimg/supply/distribution ] || apt-get update -o APT::Sandbox::User=root
apt-get install --yes --no-install-recommends "$@" || { apt-get update && apt-get install --yes --no-install-recommends "$@"; }
