# worker-debian-13-1.37.2-amd64 by proxmox-iso, rendered by kimg: change the role or the image, not this file.

source "proxmox-iso" "kimg" {
  node                     = var.node
  insecure_skip_tls_verify = var.insecure_skip_tls_verify
  pool                     = var.pool
  vm_name                  = replace(var.image_name, ".", "-")
  template_name            = replace(local.unique_name, ".", "-")
  template_description     = "Kubernetes node, made by kimg"
  cores                    = var.cpus
  memory                   = var.memory
  cpu_type                 = var.cpu_type
  os                       = "l26"
  qemu_agent               = true
  scsi_controller          = "virtio-scsi-pci"
  cloud_init               = true
  cloud_init_storage_pool  = var.storage_pool
  bios                     = "ovmf"
  machine                  = "q35"
  http_directory           = "${var.work_directory}/installer"
  boot_wait                = "5s"

  boot_command = [
    "c<wait3s>",
    "linux /install.amd/vmlinuz auto=true priority=critical hostname=packer domain= ",
    "url=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg ---<enter><wait>",
    "initrd /install.amd/initrd.gz<enter><wait>",
    "boot<enter>",
  ]

  ssh_username         = "packer"
  ssh_timeout          = var.ssh_timeout
  ssh_private_key_file = "${var.work_directory}/key/id_ed25519"

  network_adapters {
    model  = "virtio"
    bridge = var.bridge
  }

  efi_config {
    efi_storage_pool  = var.storage_pool
    efi_type          = "4m"
    pre_enrolled_keys = true
  }

  boot_iso {
    iso_file     = var.iso_file
    iso_checksum = var.iso_checksum
    unmount      = true
  }

  disks {
    type         = "scsi"
    disk_size    = var.disk_size
    storage_pool = var.storage_pool
    discard      = true
  }
}
