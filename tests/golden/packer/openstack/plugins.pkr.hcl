# worker-debian-13-1.37.2-amd64 by openstack, rendered by kimg: change the role or the image, not this file.

packer {
  required_plugins {
    openstack = {
      source  = "github.com/hashicorp/openstack"
      version = ">= 1.1.2"
    }
  }
}
