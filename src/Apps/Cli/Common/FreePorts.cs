using System.Net;
using System.Net.Sockets;

namespace Quorate.Cli.Common;

/// <summary>TCP ports of the loopback address that nobody uses now; another program may still take one first.</summary>
internal static class FreePorts
{
    public static IReadOnlyList<int> Find(int count)
    {
        // All are held at once so that none is handed out twice.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(l => l.Start());
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }
}
