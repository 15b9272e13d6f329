# worker-debian-13-1.37.2-amd64 by proxmox-clone, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    proxmox = {
      source  = "github.com/hashicorp/proxmox"
      version = ">= 1.2.0"
    }
  }
}
