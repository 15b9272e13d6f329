# worker-debian-13-1.37.2-amd64 by qemu, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.1.0"
    }
  }
}
