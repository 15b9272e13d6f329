# worker-debian-13-1.37.2-amd64 by virtualbox-ovf, rendered by kimg: change the role or the image, not this file.

source "virtualbox-ovf" "kimg" {
  source_path          = var.source_path
  checksum             = var.source_checksum
  headless             = true
  guest_additions_mode = "disable"
  cd_files             = ["${var.work_directory}/seed/meta-data", "${var.work_directory}/seed/user-data"]
  cd_label             = "cidata"

  vboxmanage = [
    ["modifyvm", "{{ .Name }}", "--cpus", "${var.cpus}"],
    ["modifyvm", "{{ .Name }}", "--memory", "${var.memory}"],
  ]

  boot_wait            = "1s"
  format               = "ova"
  output_directory     = "${var.work_directory}/output"
  vm_name              = var.image_name
  ssh_username         = "packer"
  ssh_timeout          = var.ssh_timeout
  ssh_private_key_file = "${var.work_directory}/key/id_ed25519"
  shutdown_command     = "sudo -n sh /run/kimg/finish.sh poweroff"
  shutdown_timeout     = "30m"
}
