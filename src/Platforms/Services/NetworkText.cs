using System.Globalization;
using System.Net;

namespace Quorate.Platforms.Services;

/// <summary>Reads what a network namespace's own tools print, without what differs between two starts of the same container. Pure.</summary>
internal static class NetworkText
{
    // What the kernel gives an interface by itself.
    private static readonly string[] OwnQdiscs = ["noqueue", "pfifo_fast", "fq_codel", "mq", "pfifo"];

    private const int RejectFlag = 0x200;
    private const int GatewayFlag = 0x2;

    /// <summary>Rules as <c>TABLE -A CHAIN …</c> and policies other than ACCEPT as <c>TABLE -P CHAIN</c>, from iptables-save; the Engine's own for its name server left out.</summary>
    public static IEnumerable<(string Name, string Value)> Firewall(string saved)
    {
        var table = "";
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in saved.Split('\n').Select(l => l.Trim()).Where(l => !l.Contains("DOCKER_", StringComparison.Ordinal)))
        {
            if (line.StartsWith('*'))
            {
                table = line[1..];
            }
            else if (line.StartsWith("-A ", StringComparison.Ordinal))
            {
                counts[$"{table} {line}"] = counts.GetValueOrDefault($"{table} {line}") + 1;
            }
            else if (line.StartsWith(':') && line.Split(' ') is [var chain, var policy, ..] && policy is not ("ACCEPT" or "-"))
            {
                yield return ($"{table} -P {chain[1..]}", policy);
            }
        }

        foreach (var (rule, count) in counts)
        {
            yield return (rule, count == 1 ? "once" : $"{count.ToString(CultureInfo.InvariantCulture)} times");
        }
    }

    /// <summary>Queueing disciplines that somebody put there, as <c>DEVICE root</c> or <c>DEVICE ingress</c>, from tc qdisc show.</summary>
    public static IEnumerable<(string Name, string Value)> Qdiscs(string shown)
    {
        foreach (var words in shown.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            // qdisc tbf 8001: dev eth0 root refcnt 2 rate 1Mbit …
            if (words is ["qdisc", var kind, _, "dev", var device, var place, ..] && !OwnQdiscs.Contains(kind, StringComparer.Ordinal))
            {
                var where = kind is "ingress" or "clsact" ? kind : place;
                yield return ($"{device} {where}", string.Join(' ', words.Skip(6).SkipWhile((w, i) => w == "refcnt" || (i == 1 && words[6] == "refcnt")).Prepend(kind)));
            }
        }
    }

    /// <summary>Whether there is a way out, how many networks are on the link, and destinations that are rejected or go elsewhere, from /proc/net/route.</summary>
    public static IEnumerable<(string Name, string Value)> Routes(string table)
    {
        var links = 0;
        foreach (var fields in table.Split('\n').Skip(1).Select(l => l.Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries)).Where(f => f.Length >= 8))
        {
            var flags = int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var (destination, mask) = (Address(fields[1]), Address(fields[7]));
            if ((flags & RejectFlag) != 0)
            {
                yield return ($"{destination}/{mask}", "rejected");
            }
            else if (fields[1] == "00000000")
            {
                yield return ("default", (flags & GatewayFlag) != 0 ? "by a gateway" : "on the link");
            }
            else if ((flags & GatewayFlag) != 0)
            {
                yield return ($"{destination}/{mask}", "by a gateway");
            }
            else
            {
                links++;
            }
        }

        yield return ("networks on the link", links.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Lines of /etc/hosts and /etc/resolv.conf that mean something, without the container's own name.</summary>
    public static string Lines(string file, string? ownName) => string.Join("; ", file.Split('\n')
        .Select(l => string.Join(' ', l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)))
        .Where(l => l.Length > 0 && !l.StartsWith('#') && !(ownName is { Length: > 0 } && l.Split(' ').Skip(1).Contains(ownName, StringComparer.Ordinal))));

    /// <summary>Words of a line of iptables-save; quoted ones keep their spaces.</summary>
    public static List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var (quoted, any) = (false, false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                (quoted, any) = (!quoted, true);
            }
            else if (line[i] == ' ' && !quoted)
            {
                Flush();
            }
            else
            {
                i += line[i] == '\\' && i + 1 < line.Length ? 1 : 0;
                word.Append(line[i]);
            }
        }

        Flush();
        return words;

        void Flush()
        {
            if (word.Length > 0 || any)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            any = false;
        }
    }

    /// <summary>The kernel prints addresses in hexadecimal, in this machine's byte order.</summary>
    private static string Address(string hex) => new IPAddress(BitConverter.GetBytes(uint.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToString();
}
