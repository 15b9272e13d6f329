# worker-debian-13-1.37.2-amd64 by vsphere-clone, rendered by kimg: change the role or the image, not this file.

source "vsphere-clone" "kimg" {
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
  template             = var.template
  network              = var.network
  linked_clone         = false

  configuration_parameters = {
    "guestinfo.metadata"          = base64encode(file("${var.work_directory}/seed/meta-data"))
    "guestinfo.metadata.encoding" = "base64"
    "guestinfo.userdata"          = base64encode(file("${var.work_directory}/seed/user-data"))
    "guestinfo.userdata.encoding" = "base64"
  }
}
