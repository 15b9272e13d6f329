# worker-debian-13-1.37.2-amd64 by googlecompute, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    googlecompute = {
      source  = "github.com/hashicorp/googlecompute"
      version = ">= 1.1.0"
    }
  }
}
