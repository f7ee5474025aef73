#!/bin/sh
# A virtual caller and agent for tests of live sound: a PulseAudio of its own with two sinks, `caller` and `agent`,
# whose monitors are the input devices of the same names, and a third, `speaker`, that is the default output. A sink
# that was idle takes up to 2 s until its monitor gives sound.
#
#   eval "$(sh tests/blackbox/pulse.sh start DIR)"    starts it under DIR and prints the variables that lead to it
#   paplay --device=caller tone.wav                   the caller speaks
#   sh tests/blackbox/pulse.sh kill DIR               the devices vanish
#   sh tests/blackbox/pulse.sh start DIR              they are back
#   sh tests/blackbox/pulse.sh stop DIR               ends it and removes DIR
#
# Exits 77 where PulseAudio or its ALSA plug-in is not installed.
set -eu

usage() { sed -n '2,$s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

variables() {
    cat <<END
export HOME='$dir' XDG_RUNTIME_DIR='$dir' PULSE_RUNTIME_PATH='$dir/pulse' PULSE_SERVER='unix:$dir/native'
export ALSA_CONFIG_PATH='$dir/asound.conf' JACK_NO_START_SERVER=1
END
}

configure() {
    mkdir -p "$dir/pulse"
    chmod 700 "$dir/pulse"
    cat >"$dir/server.pa" <<END
load-module module-native-protocol-unix socket=$dir/native auth-anonymous=1
load-module module-null-sink sink_name=caller rate=48000 channels=2
load-module module-null-sink sink_name=agent rate=48000 channels=2
load-module module-null-sink sink_name=speaker rate=48000 channels=2
set-default-sink speaker
END
    {
        for name in caller agent; do
            echo "pcm.$name { type pulse device $name.monitor hint { show on description 'test $name' } }"
        done
        echo "pcm.speaker { type pulse device speaker hint { show on description 'test speaker' } }"
        echo "pcm.!default { type asym playback.pcm speaker capture.pcm agent }"
    } >"$dir/asound.conf"
}

end_server() {
    [ -f "$dir/pid" ] || return 0
    pid=$(cat "$dir/pid")
    rm -f "$dir/pid"
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

start_server() {
    command -v pulseaudio >/dev/null || exit 77
    ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 || exit 77
    configure
    end_server
    eval "$(variables)"
    rm -f "$dir/native"
    pulseaudio --daemonize=no --system=false --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes \
        -n -F "$dir/server.pa" >"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    for _ in $(seq 100); do
        if pactl info >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    echo "pulse.sh: PulseAudio did not start, see $dir/log" >&2
    exit 1
}

case $command in
start) start_server; variables ;;
kill) end_server ;;
stop) end_server; rm -rf "$dir" ;;
*) usage ;;
esac
