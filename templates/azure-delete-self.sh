#!/bin/bash
# Asks Azure to delete the machine that this runs on, with its disk, network interface and public address: Azure charges for a
# machine that has only powered off. It needs a managed identity that may do so; the token of it is never on a command line.
set -euo pipefail

metadata=${DASK_FLEET_METADATA_URL:-http://169.254.169.254}

ask() { curl --silent --show-error --fail --noproxy '*' --max-time 10 --retry 2 --header 'Metadata: true' "$metadata/metadata/$1"; }

compute() { ask "instance/compute/$1?api-version=2021-02-01&format=text"; }

machine=$(compute resourceId)
case $(compute azEnvironment) in
  AzureUSGovernmentCloud) arm=https://management.usgovcloudapi.net ;;
  AzureChinaCloud) arm=https://management.chinacloudapi.cn ;;
  *) arm=https://management.azure.com ;;
esac
arm=${DASK_FLEET_AZURE_ENDPOINT:-$arm}

# {"access_token":"eyJ...","client_id":...}: no tool but bash is sure to be there.
reply=$(ask "identity/oauth2/token?api-version=2018-02-01&resource=${DASK_FLEET_AZURE_AUDIENCE:-$arm/}")
[[ $reply =~ \"access_token\":\"([A-Za-z0-9._~+/=-]+)\" ]] || {
  echo "dask-fleet: the metadata service gave no token" >&2
  exit 1
}
curl --silent --show-error --fail --max-time 30 --retry 3 --request DELETE --config - \
  "$arm$machine?api-version=2024-07-01" <<<"header = \"Authorization: Bearer ${BASH_REMATCH[1]}\"" >/dev/null
