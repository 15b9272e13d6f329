# worker-debian-13-1.37.2-amd64 by amazon-ebs, rendered by kimg: change the role or the image, not this file.

source "amazon-ebs" "kimg" {
  region                                    = var.region
  ami_name                                  = local.unique_name
  ami_description                           = "Kubernetes node, made by kimg"
  ami_regions                               = var.ami_regions
  encrypt_boot                              = true
  kms_key_id                                = var.kms_key_id
  imds_support                              = "v2.0"
  temporary_security_group_source_public_ip = var.associate_public_ip_address
  ena_support                               = true
  instance_type                             = var.instance_type
  subnet_id                                 = var.subnet_id
  associate_public_ip_address               = var.associate_public_ip_address
  ssh_username                              = "admin"
  ssh_timeout                               = var.ssh_timeout
  temporary_key_pair_type                   = "ed25519"

  tags = {
    Name    = local.unique_name
    made-by = "kimg"
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  source_ami_filter {
    filters = {
      name                = var.source_ami_name
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }

    owners      = ["136693071363"]
    most_recent = true
  }

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_size           = var.disk_size
    volume_type           = "gp3"
    iops                  = 3000
    throughput            = 125
    encrypted             = true
    delete_on_termination = true
  }
}
