# worker-debian-13-1.37.2-amd64 by qemu, rendered by kimg: change the role or the image, not this file.

build {
  name    = "worker"
  sources = ["source.qemu.kimg"]

  # The machine is up, and cloud-init done with it.
  provisioner "shell" {
    inline = ["cloud-init status --wait >/dev/null 2>&1 || true", "mkdir -p /var/tmp/kimg"]
  }

  # What is copied onto / as it is.
  provisioner "file" {
    source      = "${path.root}/files"
    destination = "/var/tmp/kimg/"
  }

  # Packages and container images; supply/README.md says where they come from.
  provisioner "file" {
    source      = "${path.root}/supply"
    destination = "/var/tmp/kimg/"
  }

  # Debian's archive, as the nodes will ask it.
  provisioner "file" {
    source      = "${path.root}/sources.list"
    destination = "/var/tmp/kimg/sources.list"
  }

  # The provisioning steps, in this order, as root.
  provisioner "shell" {
    environment_vars = [
      "KIMG_IMAGE=debian-13",
      "KIMG_SUITE=trixie",
      "KIMG_ARCHITECTURE=amd64",
      "KIMG_ROLE=worker",
      "KIMG_BOOTSTRAP=join-worker",
      "KIMG_KUBERNETES_VERSION=1.37.2",
      "KIMG_COMPONENTS=kubelet containerd",
      "KIMG_UNITS=kubelet.service",
      "KIMG_SANDBOX_IMAGE=registry.k8s.io/pause:3.10.2",
      "SOURCE_DATE_EPOCH=1735689600",
      "KIMG_PACKAGES=cloud-init openssh-server kubelet containerd conntrack",
      "KIMG_SUPPLIED=kubelet|containerd",
      "DEBIAN_FRONTEND=noninteractive",
      "LC_ALL=C.UTF-8",
      "KIMG_DEBIAN_MIRROR=${var.debian_mirror}",
      "KIMG_UPGRADE=${var.upgrade_packages}",
      "http_proxy=${var.http_proxy}",
      "https_proxy=${var.http_proxy}",
    ]

    execute_command = "sudo -n env {{ .Vars }} sh -e {{ .Path }}"

    scripts = [
      "${path.root}/steps/01-sources.sh",
      "${path.root}/steps/02-packages.sh",
      "${path.root}/steps/03-record.sh",
      "${path.root}/steps/04-files.sh",
      "${path.root}/steps/05-system.sh",
      "${path.root}/steps/06-container-images.sh",
    ]
  }

  # Which packages of Debian are in the image, for kimg.lock.
  provisioner "file" {
    direction   = "download"
    source      = "/var/tmp/kimg/packages.txt"
    destination = "${var.work_directory}/packages.txt"
  }

  # Nothing of this machine and of this build stays.
  provisioner "shell" {
    environment_vars = ["KIMG_BUILD_USER=packer"]
    execute_command  = "sudo -n env {{ .Vars }} sh -e {{ .Path }}"
    script           = "${path.root}/steps/07-seal.sh"
  }

  # What came out, for programs.
  post-processor "manifest" {
    output     = "${var.work_directory}/packer-manifest.json"
    strip_path = true
  }
}
