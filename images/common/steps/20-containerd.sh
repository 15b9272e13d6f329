#!/bin/sh
# containerd as kubeadm wants it: systemd's cgroups, kubeadm's sandbox image.
set -eu
command -v containerd >/dev/null || exit 0

# containerd 1 reads version 2 of its configuration, containerd 2 version 3:
# https://github.com/containerd/containerd/blob/main/docs/cri/config.md
case $(containerd --version) in
*" v1."* | *" 1."*) schema=2 ;;
*) schema=3 ;;
esac

mkdir -p /etc/containerd/conf.d /etc/containerd/certs.d
if [ "$schema" = 2 ]; then
  cat >/etc/containerd/config.toml <<TOML
version = 2
imports = ['/etc/containerd/conf.d/*.toml']

[plugins.'io.containerd.grpc.v1.cri']
  sandbox_image = '$KIMG_SANDBOX_IMAGE'
  [plugins.'io.containerd.grpc.v1.cri'.registry]
    config_path = '/etc/containerd/certs.d'
  [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
else
  cat >/etc/containerd/config.toml <<TOML
version = 3
imports = ['/etc/containerd/conf.d/*.toml']

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$KIMG_SANDBOX_IMAGE'
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
    SystemdCgroup = true
TOML
fi
