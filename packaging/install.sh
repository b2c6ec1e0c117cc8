# The station as a system service: the commands install and uninstall of packaging/run, which sources this.
#
# Rules it keeps:
# - doing it again changes nothing; a newer checkout upgrades: a new environment is built beside the one in use, and one link is
#   moved when it is complete;
# - what an administrator may have changed (/etc/evidence-station, drop-ins) is never overwritten;
# - evidence, settings and keys (/var/lib/evidence-station) are never touched, by uninstall least of all;
# - with --root the files are laid out under a folder, to be looked at or packed: no user, no environment, nothing is started.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # checkout, python, missing, environment: shared with packaging/run

account=evidence-station
prefix=/opt/evidence-station
state=/var/lib/evidence-station
unit=evidence-station.service
installed=( # FILE of packaging/system, MODE, PLACE
    evidence-station.service 0644 /etc/systemd/system/evidence-station.service
    evidence-station-blockdev@.service 0644 /etc/systemd/system/evidence-station-blockdev@.service
    70-evidence-station.rules 0644 /etc/udev/rules.d/70-evidence-station.rules
    50-evidence-station.rules 0644 /etc/polkit-1/rules.d/50-evidence-station.rules
    sysusers.conf 0644 /etc/sysusers.d/evidence-station.conf
    dock-port 0755 "$prefix/sbin/dock-port"
)
kiosk_unit=evidence-station-kiosk.service
kiosk_account=evidence-station-kiosk
kiosk_installed=( # with --kiosk
    evidence-station-kiosk.service 0644 /etc/systemd/system/evidence-station-kiosk.service
    sysusers-kiosk.conf 0644 /etc/sysusers.d/evidence-station-kiosk.conf
)
command_link=/usr/local/bin/evidence-station
dock_ports=/etc/evidence-station/dock-ports

install_usage() {
    cat <<'HELP'
usage: packaging/run install [--kiosk] [--root DIR] [--wheels DIR]
       packaging/run uninstall [--root DIR]

  --kiosk        the officers' screen as well: the window on the first console, full screen, of a user without rights
  --root DIR     only lay out (or remove) the system's files under DIR, as anybody: no user, no program, nothing started
  --wheels DIR   take the pinned packages from this folder instead of the network

Installs the station for systemd: its program in /opt/evidence-station, its user, its unit, the rules for udev and polkit.
The evidence lies in /var/lib/evidence-station, and stays there when the station is uninstalled.
HELP
}

root=
wheels=
kiosk=
install_arguments() { # COMMAND ARGUMENT…
    local command=$1
    shift
    while (($#)); do
        case $1 in
            --root) root=${2:?--root needs a folder} && shift 2 ;;
            --wheels) [[ $command == install ]] || die 2 "uninstall needs no packages"
                wheels=$(readlink -e -- "${2:?--wheels needs a folder}") || die 2 "there is no folder $2"
                shift 2 ;;
            --kiosk) [[ $command == install ]] || die 2 "uninstall takes the kiosk away, too"
                kiosk=yes && shift ;;
            -h | --help) install_usage && exit 0 ;;
            *) install_usage >&2 && die 2 "'$1' is no argument of $command" ;;
        esac
    done
    [[ -n $root ]] || ((EUID == 0)) || die 5 "only root may $command the station (--root DIR shows what would lie where)"
    [[ ! -e $root/etc/systemd/system/$kiosk_unit ]] || kiosk=yes # an upgrade renews it
    [[ -z $kiosk ]] || installed+=("${kiosk_installed[@]}")
    program_lock=packaging/lock/station.txt
    [[ -z $kiosk ]] || program_lock=packaging/lock/gui.txt # all of station.txt, and PySide6
    [[ -n $root || -d /run/systemd/system ]] || die 5 "systemd does not run here, and the station's service needs it"
}

changed= # what this run changed of what was there
put() { # SOURCE MODE PLACE: install one file, if it is not there as it should be
    local place=$root$3
    if cmp --silent -- "$1" "$place" && [[ $(stat -c %a -- "$place") == "${2#0}" ]]; then
        return
    fi
    install -D -m "$2" -- "$1" "$place.new" # appears whole, or not at all
    mv -f -- "$place.new" "$place"
    changed+=" $3"
}

lay_out() {
    local entry
    for ((entry = 0; entry < ${#installed[@]}; entry += 3)); do
        put "$checkout/packaging/system/${installed[entry]}" "${installed[entry + 1]}" "${installed[entry + 2]}"
    done
    if [[ ! -e $root$dock_ports ]]; then # from now on the administrator's
        local list
        list=$(mktemp)
        { cat "$checkout/packaging/system/dock-ports" && ports_in_use; } >"$list"
        put "$list" 0644 "$dock_ports"
        rm -f -- "$list"
    fi
    if [[ $(readlink -- "$root$command_link") != "$prefix/current/bin/evidence-station" ]]; then
        mkdir -p -- "$root${command_link%/*}"
        ln -sfn -- "$prefix/current/bin/evidence-station" "$root$command_link"
        changed+=" $command_link"
    fi
}

ports_in_use() { # the ports of USB disks that the system itself uses now: they are no dock ports
    [[ -z $root ]] || return 0
    local device
    while read -r device; do
        EVIDENCE_STATION_DOCK_PORTS=$checkout/packaging/system/dock-ports "$checkout/packaging/system/dock-port" tell \
            "$(udevadm info --query=property --property=ID_PATH --value --name="$device")"
    done < <(lsblk --noheadings --raw --paths --output NAME,MOUNTPOINTS | awk 'NF > 1 { print $1 }') |
        sed -n 's/^EVIDENCE_STATION_DOCK=/!/p' | sort -u
}

system_packages_of_a_kiosk() {
    missing=()
    find_python
    need ffmpeg ffmpeg ffprobe
    need openssl openssl
    need udisks2 udisksctl
    need polkitd pkaction
    need ntfs-3g ntfs-3g # the kernel of Debian 12 has no driver for it
    [[ -e /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc ]] || missing+=(fonts-wqy-zenhei)
    compgen -G '/usr/lib/*/libusb-1.0.so.0' >/dev/null || missing+=(libusb-1.0-0) # recorders in control mode
    if [[ -n $kiosk ]]; then
        need_window
        need cage cage
        need xwayland Xwayland # Debian's cage does not start without it
        compgen -G '/lib/*/security/pam_systemd.so' >/dev/null || missing+=(libpam-systemd) # the session on the seat
    fi
    ((${#missing[@]} == 0)) || install_system_packages
    find_python
}

build_program() { # an environment named by everything it is made of, complete before the link shows it
    local digest folder source
    digest=$(cd -- "$checkout" && {
        readlink -f -- "$python" && cat "$program_lock" pyproject.toml README.md &&
            find evidence gui ingest station uploader -name __pycache__ -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum)
    folder=$prefix/program-${digest:0:16}
    if [[ $(readlink -- "$prefix/current") == "${folder##*/}" && -e $folder/complete ]]; then
        return
    fi
    if [[ ! -e $folder/complete ]]; then
        say "building the program ($(grep -c '^[a-z].*==' "$checkout/$program_lock") pinned packages)"
        rm -rf -- "$folder"
        mkdir -p -- "$prefix"
        "$python" -m venv -- "$folder" >&2 || die 1 "no Python environment could be made at $folder"
        environment=$folder
        pip install -qq --no-compile --require-hashes --only-binary :all: ${wheels:+--no-index --find-links "$wheels"} \
            -r "$checkout/$program_lock" || die 6 "the pinned packages could not be fetched or installed"
        source=$(mktemp -d) # setuptools writes beside what it builds, and the checkout is not ours to write
        (cd -- "$checkout" && cp -r evidence gui ingest station uploader pyproject.toml README.md LICENSE "$source")
        pip install -qq --no-compile --no-deps --no-build-isolation --no-index "$source" || die 1 "the project could not be installed"
        rm -rf -- "$source"
        "$folder/bin/python" -m compileall -qq -j 0 "$folder/lib" >&2 || true # of all packages at once; what cannot be compiled is no program
        cp -- "$checkout/README.md" "$folder/"
        : >"$folder/complete"
    fi
    ln -sfn -- "${folder##*/}" "$prefix/current.new"
    mv -fT -- "$prefix/current.new" "$prefix/current"
    changed+=" $folder"
}

remove_other_programs() {
    local old
    for old in "$prefix"/program-*; do
        [[ ${old##*/} == "$(readlink -- "$prefix/current")" ]] || rm -rf -- "$old"
    done
}

install_station() {
    install_arguments install "$@"
    umask 022
    if [[ -n $root ]]; then
        lay_out
        say "laid out under $root:${changed:- nothing new}"
        return
    fi
    : "${EVIDENCE_STATION_PYTHON:=/usr/bin/python3}" # a service does not run from somebody's own Python
    system_packages_of_a_kiosk
    exec {installing}>/run/lock/evidence-station-install
    flock "$installing"
    build_program
    lay_out
    systemd-sysusers evidence-station.conf || die 1 "the user $account could not be made"
    [[ -z $kiosk ]] || systemd-sysusers evidence-station-kiosk.conf || die 1 "the user $kiosk_account could not be made"
    install -d -m 0750 -o "$account" -g "$account" -- "$state"
    if [[ -n $changed ]]; then
        systemctl daemon-reload
        udevadm control --reload
        udevadm trigger --action=add --subsystem-match=usb --subsystem-match=block # what is plugged in already
        udevadm settle
        systemctl enable --quiet "$unit"
        [[ -z $kiosk ]] || systemctl enable --quiet "$kiosk_unit"
        systemctl try-restart "$unit" || say "the new version does not start; see: journalctl -u $unit"
    fi
    remove_other_programs
    say "installed:${changed:- nothing new, all was there}"
    if [[ ! -e $state/station.toml ]]; then
        say "next, give it a name and start it:"
        say "  runuser -u $account -- evidence-station --home $state init --station NAME --unit UNIT"
        say "  systemctl start evidence-station${kiosk:+ evidence-station-kiosk}"
    fi
}

uninstall_station() {
    install_arguments uninstall "$@"
    if [[ -z $root ]] && systemctl cat "$unit" >/dev/null 2>&1; then
        systemctl disable --now --quiet "$unit" || true
    fi
    if [[ -z $root ]] && systemctl cat "$kiosk_unit" >/dev/null 2>&1; then
        systemctl disable --now --quiet "$kiosk_unit" || true
    fi
    [[ -n $kiosk ]] || installed+=("${kiosk_installed[@]}")
    local entry
    for ((entry = 0; entry < ${#installed[@]}; entry += 3)); do
        rm -f -- "$root${installed[entry + 2]}"
    done
    rm -f -- "$root$command_link"
    rm -rf -- "$root${prefix:?}"
    if [[ -z $root ]]; then
        systemctl daemon-reload
        udevadm control --reload
    fi
    say "the station is uninstalled. Kept where they are, and yours to remove:"
    say "  $root$state (evidence, settings, keys, log), /etc/evidence-station, the user and group $account"
    [[ -z $kiosk ]] || say "  the user and group $kiosk_account, /var/lib/evidence-station-kiosk (its choice of language)"
}
