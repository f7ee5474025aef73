#!/bin/sh
# A virtual caller and agent for tests of live sound: for each device a PulseAudio of its own, since a device vanishes
# only with its server (streams of a sink that is unloaded are moved to another). Its one sink's monitor is the input
# device of that name. A sink that was idle takes up to 2 s until its monitor gives sound.
#
#   eval "$(sh tests/blackbox/pulse.sh start DIR)"    starts them under DIR and prints the variables that lead to them
#   paplay --server=unix:DIR/caller/native tone.wav   the caller speaks
#   sh tests/blackbox/pulse.sh kill DIR               the devices vanish
#   sh tests/blackbox/pulse.sh start DIR              they are back
#   sh tests/blackbox/pulse.sh start DIR agent        that one is there, or comes
#   sh tests/blackbox/pulse.sh kill DIR agent         that one vanishes
#   sh tests/blackbox/pulse.sh stop DIR               ends them and removes DIR
#
# Exits 77 where PulseAudio or its ALSA plug-in is not installed.
set -eu

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2

variables() {
    cat <<END
export HOME='$dir' ALSA_CONFIG_PATH='$dir/asound.conf' JACK_NO_START_SERVER=1
END
}

there() { (cd "$dir" && ls -d */pid 2>/dev/null | sed 's|/pid$||'); }

# The file is replaced, since ALSA sees a change by its inode.
list_devices() {
    {
        for name in $(there); do
            echo "pcm.$name { type pulse server 'unix:$dir/$name/native' device $name.monitor"
            echo "    hint { show on description 'test $name' } }"
        done
        echo "pcm.!default { type null }"
    } >"$dir/asound.new"
    mv "$dir/asound.new" "$dir/asound.conf"
}

end_server() {
    [ -f "$dir/$1/pid" ] || return 0
    pid=$(cat "$dir/$1/pid")
    rm -f "$dir/$1/pid"
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

start_server() {
    end_server "$1"
    mkdir -p "$dir/$1"
    chmod 700 "$dir/$1"
    rm -f "$dir/$1/native"
    cat >"$dir/$1/server.pa" <<END
load-module module-native-protocol-unix socket=$dir/$1/native auth-anonymous=1
load-module module-null-sink sink_name=$1 rate=48000 channels=2
END
    HOME="$dir/$1" XDG_RUNTIME_DIR="$dir/$1" PULSE_RUNTIME_PATH="$dir/$1" pulseaudio --daemonize=no --system=false \
        --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes -n -F "$dir/$1/server.pa" \
        >"$dir/$1/log" 2>&1 </dev/null &
    pid=$!
    for _ in $(seq 100); do
        if HOME="$dir/$1" pactl --server="unix:$dir/$1/native" info >/dev/null 2>&1; then
            echo "$pid" >"$dir/$1/pid"
            return
        fi
        sleep 0.05
    done
    kill "$pid"
    echo "pulse.sh: PulseAudio did not start, see $dir/$1/log" >&2
    exit 1
}

case $command in
start)
    command -v pulseaudio >/dev/null || exit 77
    ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 || exit 77
    [ $# -gt 0 ] || set -- caller agent
    for name in "$@"; do start_server "$name"; done
    list_devices
    variables
    ;;
kill)
    [ $# -gt 0 ] || set -- $(there)
    for name in "$@"; do end_server "$name"; done
    list_devices
    ;;
stop)
    for name in $(there); do end_server "$name"; done
    rm -rf "$dir"
    ;;
*) usage ;;
esac
