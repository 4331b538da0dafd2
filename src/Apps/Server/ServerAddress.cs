using System.Net;
using Quorate.Contracts;

namespace Quorate.Server;

/// <summary>Where to listen.</summary>
/// <param name="Address">Null: both loopback addresses.</param>
/// <param name="Port">0 takes a free one.</param>
public sealed record ServerAddress(IPAddress? Address, int Port)
{
    private const string Rule = "http://ADDRESS:PORT, such as " + ServerSettings.DefaultUrl + "; 0.0.0.0 is every address of this machine";

    public bool Loopback => Address is null || IPAddress.IsLoopback(Address);

    /// <exception cref="QuorateException">Input: it is no http address of this machine.</exception>
    public static ServerAddress Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.AbsolutePath != "/" || uri.Query.Length + uri.Fragment.Length + uri.UserInfo.Length > 0)
        {
            throw QuorateException.Input("url_invalid", $"--urls is '{PlainText.Line(url, 100)}'; allowed: {Rule}", "TLS is for a proxy in front: docs/server.md");
        }

        if (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            // Two sockets cannot be given one free port.
            return new(uri.Port == 0 ? IPAddress.Loopback : null, uri.Port);
        }

        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address)
            ? new(address, uri.Port)
            : throw QuorateException.Input("url_invalid", $"--urls names the host '{PlainText.Line(uri.Host, 60)}'; a numeric address or localhost is needed", Rule);
    }

    /// <summary>Other machines may reach the server only when everyone who comes has to say who they are, and somebody can.</summary>
    /// <exception cref="QuorateException">Input: why not.</exception>
    public static void RefuseOpenDoor(ServerSettings settings, bool anyUsers)
    {
        if (settings.Urls.FirstOrDefault(u => !Parse(u).Loopback) is not { } open)
        {
            return;
        }

        if (settings.Anonymous != AnonymousUse.Off)
        {
            throw QuorateException.Input("address_open", $"{open} can be reached from other machines, and anonymous use is on", "set server.anonymous to off, or listen on 127.0.0.1");
        }

        if (!anyUsers)
        {
            throw QuorateException.Input("address_open", $"{open} can be reached from other machines, and there are no users", "quorate users add NAME makes the first, an admin");
        }
    }
}
