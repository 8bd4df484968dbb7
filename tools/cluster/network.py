"""Hosts in network namespaces around one bridge, and what goes wrong between them.

Everything is in the network and mount namespace of this process, so it is gone when the processes in
them are. What the database, its bouncer, the relay and ourselves do is on the bridge itself.
"""

import json
import subprocess

from wire import Wire

RELAY = "10.77.0.1"
DATABASE = "10.77.0.2"
BOUNCER = "10.77.0.3"
SERVICES = (RELAY, DATABASE, BOUNCER)

# Pairs of addresses of which nothing gets from the first to the second.
_BRIDGE_RULES = """
table bridge prism {
  set cut { type ipv4_addr . ipv4_addr; counter; }
  chain input { type filter hook input priority 0; ip saddr . ip daddr @cut drop; }
  chain forward { type filter hook forward priority 0; ip saddr . ip daddr @cut drop; }
  chain output { type filter hook output priority 0; ip saddr . ip daddr @cut drop; }
}
"""

# Peers whose connections are reset at the first packet.
_HOST_RULES = """
table ip prism {
  counter resets { }
  set peers { type ipv4_addr; }
  chain input {
    type filter hook input priority 0;
    ip saddr @peers tcp flags & rst == 0 counter name resets reject with tcp reset
  }
  chain output {
    type filter hook output priority 0;
    ip daddr @peers tcp flags & rst == 0 counter name resets reject with tcp reset
  }
}
"""


def run_tool(words, text=None):
    """@returns its output. Error: RuntimeError with the tool's own words."""
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Host:
    """A network namespace with one address."""

    def __init__(self, number):
        self.name = f"h{number}"
        self.address = f"10.77.0.{10 + number}"
        self.port = f"to-{self.name}"  # of the bridge

    def command(self, *words):
        """These words as a command that runs on this host."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *words]


class Network:
    def __init__(self, hosts, log):
        """`log`: of what delays packets."""
        self.hosts = [Host(number) for number in range(1, hosts + 1)]
        self._log = log
        self._wires = {}  # by host
        # A bridge without an address of its own takes that of a port, and loses it with the port.
        batch = ["link set lo up", "link add prism address 02:00:00:00:00:01 type bridge", "link set prism up"]
        batch += [f"addr add {each}/24 dev prism" for each in SERVICES]
        for host in self.hosts:
            batch += [
                f"netns add {host.name}",
                f"link add {host.port} type veth peer name eth0 netns {host.name}",
                f"link set {host.port} master prism up",
            ]
        run_tool(["ip", "-batch", "-"], "\n".join(batch))
        for host in self.hosts:
            own = f"addr add {host.address}/24 dev eth0\nlink set eth0 up\nlink set lo up\n"
            run_tool(["ip", "-netns", host.name, "-batch", "-"], own)
            run_tool(host.command("nft", "-f", "-"), _HOST_RULES)
        run_tool(["nft", "-f", "-"], _BRIDGE_RULES)

    # -- packets that do not come through

    def cut(self, pairs):
        """From now on nothing gets from the first address of a pair to the second."""
        elements = ", ".join(f"{a} . {b}" for a, b in pairs)
        run_tool(["nft", f"add element bridge prism cut {{ {elements} }}"])

    def dropped(self):
        """How many packets each pair has lost since it was cut."""
        found = json.loads(run_tool(["nft", "-j", "list", "set", "bridge", "prism", "cut"]))
        elements = next(each["set"] for each in found["nftables"] if "set" in each).get("elem", [])
        return {
            tuple(each["elem"]["val"]["concat"]): each["elem"]["counter"]["packets"]
            for each in elements
        }

    def mend(self):
        """Everything gets through again."""
        run_tool(["nft", "flush set bridge prism cut"])
        for host in self.hosts:
            self.reset(host, [])
            self.speed_up(host)

    # -- connections that are reset

    def reset(self, host, peers):
        """The connections between this host and these addresses, and no others, are reset."""
        orders = "flush set ip prism peers\n"
        if peers:
            orders += f"add element ip prism peers {{ {', '.join(peers)} }}\n"
        run_tool(host.command("nft", "-f", "-"), orders)

    def resets(self, host):
        found = json.loads(run_tool(host.command("nft", "-j", "list", "counters", "table", "ip", "prism")))
        return next(each["counter"]["packets"] for each in found["nftables"] if "counter" in each)

    # -- packets that come late

    def slow_down(self, host, delay_ms, jitter_ms, loss_percent):
        """Every packet of this host, in both directions."""
        wire = self._wires[host] = Wire(host.name, delay_ms, jitter_ms, loss_percent, self._log)
        near = f"b-{host.name}"
        batch = [
            f"link add {near} type bridge",
            f"link set {near} up",
            f"link set {wire.near} master {near} up",
            f"link set {wire.far} master prism up",
            f"link set {host.port} master {near}",
        ]
        run_tool(["ip", "-batch", "-"], "\n".join(batch))

    def delayed(self, host):
        """What the wire has done: a dict of its counts."""
        return self._wires[host].counts()

    def speed_up(self, host):
        wire = self._wires.pop(host, None)
        if wire is None:
            return
        run_tool(["ip", "link", "set", host.port, "master", "prism"])
        run_tool(["ip", "link", "del", f"b-{host.name}"])
        wire.close()
