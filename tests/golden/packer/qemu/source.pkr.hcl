# worker-debian-13-1.37.2-amd64 by qemu, rendered by kimg: change the role or the image, not this file.

source "qemu" "kimg" {
  iso_url            = var.base_image
  iso_checksum       = var.base_image_checksum
  disk_image         = true
  disk_size          = var.disk_size
  disk_interface     = "virtio"
  disk_discard       = "unmap"
  disk_detect_zeroes = "unmap"
  disk_compression   = true
  format             = "qcow2"
  machine_type       = "q35"
  accelerator        = var.accelerator
  cpus               = var.cpus
  memory             = var.memory
  net_device         = "virtio-net"
  qemu_binary        = var.qemu_binary
  headless           = true
  disable_vnc        = true
  boot_wait          = "1s"
  http_directory     = "${var.work_directory}/seed"

  qemuargs = [
    ["-cpu", "max"],
    ["-smbios", "type=1,serial=ds=nocloud;dsmode=net;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/"],
    ["-serial", "file:${var.work_directory}/console.log"],
  ]

  output_directory     = "${var.work_directory}/output"
  vm_name              = "${var.image_name}.qcow2"
  ssh_username         = "packer"
  ssh_timeout          = var.ssh_timeout
  ssh_private_key_file = "${var.work_directory}/key/id_ed25519"
  shutdown_command     = "sudo -n sh /run/kimg/finish.sh poweroff"
  shutdown_timeout     = "30m"
}
