#!/bin/sh
# What kubeadm and the kubelet expect to find.
set -eu
command -v kubelet >/dev/null || exit 0

# The kubelet logs an error every second where its folder of static pods is missing, on workers too.
mkdir -p /etc/kubernetes/manifests /etc/cni/net.d /var/lib/kubelet
chmod 0700 /var/lib/kubelet

# Versions change with the image, or by kubeadm's own upgrade; not by a passing `apt-get upgrade`.
# shellcheck disable=SC2086 # a list
apt-mark hold $KIMG_COMPONENTS
