# worker-debian-13-1.37.2-amd64 by virtualbox-ovf, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    virtualbox = {
      source  = "github.com/hashicorp/virtualbox"
      version = ">= 1.0.5"
    }
  }
}
