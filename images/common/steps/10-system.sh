#!/bin/sh
# Settings of every node, whatever its role.
#
# Steps are run by `sh -e` as root inside the root file system, in a build as in a virtual machine, without a network, with:
#   KIMG_IMAGE               name of the image: debian-13
#   KIMG_SUITE               Debian's suite: trixie
#   KIMG_ARCHITECTURE        Debian's name of the machine architecture: amd64
#   KIMG_ROLE                name of the role: worker
#   KIMG_BOOTSTRAP           init, join-control-plane, join-worker or load-balancer
#   KIMG_KUBERNETES_VERSION  1.37.2
#   KIMG_COMPONENTS          packages of the role that are not the distribution's, separated by blanks
#   KIMG_UNITS               systemd units that the role enables, separated by blanks
#   KIMG_SANDBOX_IMAGE       full name of the pause image; empty for a role without one
#   SOURCE_DATE_EPOCH        the only time that may get into a file
set -eu

# A node changes by a new image, not by itself in the night; and nothing but the agent holds dpkg's lock.
systemctl mask apt-daily.timer apt-daily.service apt-daily-upgrade.timer apt-daily-upgrade.service
# Snapshots of LVM volumes, of which there are none.
systemctl disable e2scrub_all.timer e2scrub_reap.service

# Offers SSH over virtual sockets besides the network, and complains where there are none.
mkdir -p /etc/systemd/system-generators
ln -sfn /dev/null /etc/systemd/system-generators/systemd-ssh-generator
ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
