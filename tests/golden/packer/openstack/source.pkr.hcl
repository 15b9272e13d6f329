# worker-debian-13-1.37.2-amd64 by openstack, rendered by kimg: change the role or the image, not this file.

source "openstack" "kimg" {
  image_name              = local.unique_name
  image_visibility        = "private"
  source_image_name       = var.source_image_name
  flavor                  = var.flavor
  networks                = var.networks
  floating_ip_network     = var.floating_ip_network
  security_groups         = var.security_groups
  config_drive            = true
  ssh_username            = "debian"
  ssh_timeout             = var.ssh_timeout
  temporary_key_pair_type = "ed25519"

  metadata = {
    hw_firmware_type = "uefi"
    hw_machine_type  = "q35"
    os_secure_boot   = "optional"
    os_distro        = "debian"
  }
}
