# worker-debian-13-1.37.2-amd64 by proxmox-clone, rendered by kimg: change the role or the image, not this file.

source "proxmox-clone" "kimg" {
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
  clone_vm                 = var.clone_vm
  full_clone               = true
  ssh_username             = "packer"
  ssh_timeout              = var.ssh_timeout

  network_adapters {
    model  = "virtio"
    bridge = var.bridge
  }
}
