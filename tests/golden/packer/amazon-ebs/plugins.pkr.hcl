# worker-debian-13-1.37.2-amd64 by amazon-ebs, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.2.9"
    }
  }
}
