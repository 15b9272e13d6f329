# worker-debian-13-1.37.2-amd64 by vsphere-iso, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    vsphere = {
      source  = "github.com/hashicorp/vsphere"
      version = ">= 1.2.0"
    }
  }
}
