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

# apt_lists MIRROR ARCH SUITE: reads the package lists of SUITE by the options in APT; false where a list is not the one
# that the signed Release file names.
apt_lists() {
    echo "deb [arch=$2 signed-by=$KEYRING] $1 $3 main" >"$APT_DIR/etc/sources.list"
    apt-get "${APT[@]}" -qq -o Acquire::AllowInsecureRepositories=0 --error-on=any update
}

# apt_private DIR ARCH [SUITE]: sets the array APT to the options that keep apt inside DIR, and reads the package lists
# of SUITE, a code name, by default Debian 13 (trixie). While a mirror takes in a point release, the folder of the code
# name may hold lists of two; the same suite by its other name, stable or oldstable, then is whole more often than not.
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
apt_private() {
    local arch=$2 suite=${3:-trixie} mirror wait other
    APT_DIR=$1
    mirror=$(apt_mirror)
    [ -n "$mirror" ] || die "apt knows no Debian mirror here. Run 'apt-get update' once, or name one:" \
        "DEBIAN_MIRROR=http://HOST/debian make ..."
    [ -r "$KEYRING" ] || die "no $KEYRING: run tools/setup"
    mkdir -p "$APT_DIR"/{lists/partial,cache/archives/partial,etc}
    : >"$APT_DIR/status"
    APT=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State=$APT_DIR"
        -o "Dir::State::status=$APT_DIR/status" -o "Dir::State::lists=$APT_DIR/lists" -o "Dir::Cache=$APT_DIR/cache"
        -o "Dir::Etc::sourcelist=$APT_DIR/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null
        -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none -o Acquire::Retries=3
        -o APT::Install-Recommends=0 -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
    for wait in 20 60 0; do
        echo "$PROGNAME: package lists of Debian $suite ($arch) from $mirror"
        apt_lists "$mirror" "$arch" "$suite" && return
        for other in stable oldstable; do
            echo "$PROGNAME: those of $other, if that is $suite"
            apt_lists "$mirror" "$arch" "$other" || continue
            grep -qsx "Codename: $suite" "$APT_DIR"/lists/*_dists_${other}_*Release && return
        done
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
