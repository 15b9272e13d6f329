# worker-debian-13-1.37.2-amd64 by googlecompute, rendered by kimg: change the role or the image, not this file.

source "googlecompute" "kimg" {
  project_id              = var.project_id
  zone                    = var.zone
  source_image_family     = var.source_image_family
  source_image_project_id = ["debian-cloud"]
  image_name              = replace(local.unique_name, ".", "-")
  image_family            = replace(var.image_name, ".", "-")
  image_description       = "Kubernetes node, made by kimg"

  image_labels = {
    made-by = "kimg"
  }

  machine_type                    = var.machine_type
  disk_size                       = var.disk_size
  disk_type                       = "pd-ssd"
  network                         = var.network
  subnetwork                      = var.subnetwork
  omit_external_ip                = var.private
  use_internal_ip                 = var.private
  enable_secure_boot              = true
  enable_vtpm                     = true
  enable_integrity_monitoring     = true
  use_os_login                    = false
  disable_default_service_account = true
  ssh_username                    = "packer"
  ssh_timeout                     = var.ssh_timeout
  temporary_key_pair_type         = "ed25519"

  metadata = {
    block-project-ssh-keys = "TRUE"
  }
}
