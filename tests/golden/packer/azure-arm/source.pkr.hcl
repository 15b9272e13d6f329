# worker-debian-13-1.37.2-amd64 by azure-arm, rendered by kimg: change the role or the image, not this file.

source "azure-arm" "kimg" {
  subscription_id        = var.subscription_id
  tenant_id              = var.tenant_id
  client_id              = var.client_id
  client_secret          = var.client_secret
  location               = var.location
  vm_size                = var.vm_size
  os_type                = "Linux"
  image_publisher        = "Debian"
  image_offer            = var.image_offer
  image_sku              = var.image_sku
  os_disk_size_gb        = var.disk_size
  use_azure_cli_auth     = var.use_azure_cli_auth
  security_type          = "TrustedLaunch"
  secure_boot_enabled    = true
  vtpm_enabled           = true
  encryption_at_host     = var.encryption_at_host
  disk_encryption_set_id = var.disk_encryption_set_id
  ssh_username           = "packer"
  ssh_timeout            = var.ssh_timeout

  azure_tags = {
    made-by = "kimg"
  }

  shared_image_gallery_destination {
    subscription   = var.subscription_id
    resource_group = var.resource_group
    gallery_name   = var.gallery_name
    image_name     = var.gallery_image
    image_version  = var.gallery_image_version
  }
}
