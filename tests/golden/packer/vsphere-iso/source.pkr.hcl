# worker-debian-13-1.37.2-amd64 by vsphere-iso, rendered by kimg: change the role or the image, not this file.

source "vsphere-iso" "kimg" {
  vcenter_server       = var.vcenter_server
  username             = var.vcenter_username
  password             = var.vcenter_password
  insecure_connection  = var.insecure_connection
  datacenter           = var.datacenter
  cluster              = var.cluster
  host                 = var.host
  resource_pool        = var.resource_pool
  datastore            = var.datastore
  folder               = var.folder
  vm_name              = local.unique_name
  CPUs                 = var.cpus
  RAM                  = var.memory
  firmware             = "efi-secure"
  convert_to_template  = true
  remove_cdrom         = true
  ssh_username         = "packer"
  ssh_timeout          = var.ssh_timeout
  ssh_private_key_file = "${var.work_directory}/key/id_ed25519"
  shutdown_command     = "sudo -n sh /run/kimg/finish.sh poweroff"
  shutdown_timeout     = "30m"
  iso_url              = var.iso_url
  iso_checksum         = var.iso_checksum
  guest_os_type        = var.guest_os_type
  vm_version           = var.vm_version
  http_directory       = "${var.work_directory}/installer"
  boot_wait            = "5s"

  boot_command = [
    "c<wait3s>",
    "linux /install.amd/vmlinuz auto=true priority=critical hostname=packer domain= ",
    "url=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg ---<enter><wait>",
    "initrd /install.amd/initrd.gz<enter><wait>",
    "boot<enter>",
  ]

  disk_controller_type = ["pvscsi"]

  storage {
    disk_size             = var.disk_size
    disk_thin_provisioned = true
  }

  network_adapters {
    network      = var.network
    network_card = "vmxnet3"
  }
}
