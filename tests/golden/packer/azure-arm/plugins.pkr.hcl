# worker-debian-13-1.37.2-amd64 by azure-arm, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = ">= 2.0.5"
    }
  }
}
