# worker-debian-13-1.37.2-amd64 by azure-arm, rendered by kimg: change the role or the image, not this file.

variable "subscription_id" {
  description = "Subscription that everything is made in."
  type        = string
}

variable "location" {
  description = "Where the machine runs, such as westeurope."
  type        = string
}

variable "resource_group" {
  description = "Resource group of the gallery."
  type        = string
}

variable "gallery_name" {
  description = "Gallery that the image goes to; it must be there."
  type        = string
}

variable "gallery_image" {
  description = "Image definition of the gallery, made for generation 2 and trusted launch."
  type        = string
}

variable "gallery_image_version" {
  description = "Version of the image in the gallery."
  type        = string
  default     = "1.0.0"
}

variable "image_offer" {
  description = "Debian's offer to start from."
  type        = string
  default     = "debian-13"
}

variable "image_sku" {
  description = "Debian's SKU to start from."
  type        = string
  default     = "13-gen2"
}

variable "vm_size" {
  description = "Of the machine."
  type        = string
  default     = "Standard_D2s_v5"
}

variable "disk_size" {
  description = "GB of the system disk."
  type        = number
  default     = 30
}

variable "encryption_at_host" {
  description = "Encrypts temporary disks and caches of the machine too."
  type        = bool
  default     = true
}

variable "disk_encryption_set_id" {
  description = "Keys of your own for the disk; the platform's when not given."
  type        = string
  default     = null
}

variable "use_azure_cli_auth" {
  description = "Takes the login of the Azure CLI."
  type        = bool
  default     = false
}

variable "tenant_id" {
  description = "Tenant of the application that builds."
  type        = string
  default     = null
}

variable "client_id" {
  description = "Application that builds; a managed identity of this machine when not given."
  type        = string
  default     = null
}

variable "client_secret" {
  description = "Its secret: set PKR_VAR_client_secret."
  type        = string
  default     = null
  sensitive   = true
}

variable "image_name" {
  description = "What the image is called."
  type        = string
  default     = "worker-debian-13-1.37.2-amd64"
}

variable "work_directory" {
  description = "Folder for what the build makes: its key, logs, and the image where it is a file."
  type        = string
  default     = "."
}

variable "debian_mirror" {
  description = "Takes the place of http://deb.debian.org while building."
  type        = string
  default     = ""
  sensitive   = true
}

variable "http_proxy" {
  description = "Proxy that the machine reaches Debian's archive through."
  type        = string
  default     = ""
  sensitive   = true
}

variable "upgrade_packages" {
  description = "Whether packages of the base are brought up to date."
  type        = bool
  default     = true
}

variable "ssh_timeout" {
  description = "How long the machine may take to come up."
  type        = string
  default     = "20m"
}
