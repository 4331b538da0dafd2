using System.Globalization;
using System.Net;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>Compose's published ports, short form (<c>[HOST:]CONTAINER[/PROTOCOL]</c>, ranges, host address) and long form.</summary>
internal static class PortReader
{
    private const int MaxPorts = 1000;
    private const string Form = "CONTAINER, HOST:CONTAINER or IP:HOST:CONTAINER, ports 1-65535 or ranges of equal length, /tcp or /udp";

    /// <summary>The service's published ports. HostIp is empty where the file does not say.</summary>
    public static IReadOnlyList<PortMapping> Read(Field field)
    {
        var ports = new List<PortMapping>();
        foreach (var item in field.Items("a list of ports"))
        {
            var read = item.Node is MapNode ? ReadLong(item) : ReadShort(item);
            if (read is null)
            {
                item.Wrong(Form);
                continue;
            }

            ports.AddRange(read);
            if (ports.Count > MaxPorts)
            {
                item.Wrong($"up to {MaxPorts} ports for one service");
                return [];
            }
        }

        return [.. ports.Distinct()];
    }

    private static List<PortMapping>? ReadShort(Field item)
    {
        var text = item.Text(Form) ?? "";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        var parts = slash < 0 ? text : text[..slash];
        var last = parts.LastIndexOf(':');
        var container = parts[(last + 1)..];
        var host = "";
        var ip = "";
        if (last >= 0)
        {
            var rest = parts[..last];
            var middle = rest.LastIndexOf(':');
            host = rest[(middle + 1)..];
            ip = middle < 0 ? "" : rest[..middle];
        }

        return Expand(ip, host, container, protocol);
    }

    private static List<PortMapping>? ReadLong(Field item) => Expand(
        item["host_ip"].Text() ?? "",
        item["published"].Text() ?? "",
        item["target"].Text() ?? "",
        item["protocol"].Text()?.ToLowerInvariant() ?? "tcp");

    private static List<PortMapping>? Expand(string ip, string host, string container, string protocol)
    {
        if (ParseRange(container) is not { } inside || protocol is not ("tcp" or "udp" or "sctp"))
        {
            return null;
        }

        var address = ip.Trim('[', ']');
        if (address.Length > 0 && !IPAddress.TryParse(address, out _))
        {
            return null;
        }

        (int From, int To)? outside = host.Length == 0 ? (0, 0) : ParseRange(host);
        if (outside is not { } published)
        {
            return null;
        }

        var count = inside.To - inside.From + 1;
        var hosts = published.To - published.From + 1;
        // One container port on a range of host ports: the engine picks one of them.
        var engineChooses = host.Length == 0 || (count == 1 && hosts > 1);
        if (!engineChooses && hosts != count)
        {
            return null;
        }

        return count > MaxPorts
            ? null
            : [.. Enumerable.Range(0, count).Select(i => new PortMapping(address, engineChooses ? 0 : published.From + i, inside.From + i, protocol))];
    }

    private static (int From, int To)? ParseRange(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var from = ParsePort(dash < 0 ? text : text[..dash]);
        var to = dash < 0 ? from : ParsePort(text[(dash + 1)..]);
        return from is { } low && to is { } high && low <= high ? (low, high) : null;
    }

    private static int? ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65_535 ? port : null;
}
