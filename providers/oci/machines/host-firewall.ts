/**
 * Oracle's images have a firewall of their own: it admits SSH and rejects all else, whatever the network security groups admit. What
 * rejects is taken out, now and for later boots; the rules that keep the boot volume's iSCSI target to root stay.
 */
export const openHostFirewall = [
  "if command -v iptables >/dev/null; then",
  "for chain in INPUT FORWARD; do",
  "while iptables -D $chain -j REJECT --reject-with icmp-host-prohibited 2>/dev/null; do :; done; done; fi;",
  "if [ -f /etc/iptables/rules.v4 ]; then sed -i '/^-A [A-Z]* -j REJECT/d' /etc/iptables/rules.v4; fi;",
  "if systemctl is-enabled --quiet firewalld 2>/dev/null; then systemctl disable --now firewalld; fi",
].join(" ");
