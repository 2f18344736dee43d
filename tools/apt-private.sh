# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the fetch tools: Debian packages by a private apt folder, signatures checked, without root and without a
# change to the machine's own apt. Assumes apt and debian-archive-keyring (tools/setup).

PROGNAME=${0##*/}
die() { echo "$PROGNAME: $*" >&2; exit 1; }

# The machine's own Debian mirror, or DEBIAN_MIRROR.
apt_mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then
        echo "$DEBIAN_MIRROR"
        return
    fi
    apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" {print $1; exit}'
}

# unpack DEB FOLDER: one message when it fails, not one for each file.
unpack() {
    local log
    log=$(dpkg-deb -x "$1" "$2" 2>&1) || { head -n 1 <<<"$log" >&2; die "cannot unpack ${1##*/} (disk full?); nothing kept"; }
}

# apt_private DIR ARCH [SUITE]: sets the array APT to the options that keep apt inside DIR, and reads the package lists
# of SUITE, by default Debian 13 (trixie).
apt_private() {
    local dir=$1 arch=$2 suite=${3:-trixie} keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror wait
    mirror=$(apt_mirror)
    [ -n "$mirror" ] || die "apt knows no Debian mirror here. Run 'apt-get update' once, or name one:" \
        "DEBIAN_MIRROR=http://HOST/debian make ..."
    [ -r "$keyring" ] || die "no $keyring: run tools/setup"
    mkdir -p "$dir"/{lists/partial,cache/archives/partial,etc}
    : >"$dir/status"
    echo "deb [arch=$arch signed-by=$keyring] $mirror $suite main" >"$dir/etc/sources.list"
    APT=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State=$dir" -o "Dir::State::status=$dir/status"
        -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o "Dir::Etc::sourcelist=$dir/etc/sources.list"
        -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null
        -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none -o Acquire::Retries=3
        -o APT::Install-Recommends=0 -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
    echo "$PROGNAME: package lists of Debian $suite ($arch) from $mirror"
    # Lists by their hash are the ones that the Release file means, even while the mirror takes in newer ones. One that is
    # being synchronised otherwise settles within minutes.
    for wait in 20 60 120 0; do
        apt-get "${APT[@]}" -qq -o Acquire::AllowInsecureRepositories=0 -o Acquire::By-Hash=force --error-on=any update &&
            return
        apt-get "${APT[@]}" -qq -o Acquire::AllowInsecureRepositories=0 --error-on=any update && return
        [ $wait = 0 ] || { echo "$PROGNAME: again in $wait s"; sleep $wait; }
    done
    die "the mirror $mirror cannot be reached or is not signed by Debian (off-line? DEBIAN_MIRROR= names another)"
}

# A temporary folder beside $1 that goes away with the script, however it ends; its name in WORK. It carries the process
# id, so that what a killed run or a power cut left behind is removed by the next one.
work_dir() {
    local old pid
    mkdir -p "$(dirname "$1")" || die "cannot make $(dirname "$1")"
    for old in "$1".part.*; do
        pid=${old#"$1".part.}
        [ ! -d "$old" ] || [ -e "/proc/${pid%%.*}" ] || rm -rf "$old"
    done
    WORK=$(mktemp -d "$1.part.$$.XXXXXX") || die "cannot make a folder beside $1 (disk full?)"
    WORK=$(realpath "$WORK")
    trap 'rm -rf "$WORK"' EXIT
    trap 'echo "$PROGNAME: interrupted, nothing kept" >&2; exit 130' INT TERM HUP
}
