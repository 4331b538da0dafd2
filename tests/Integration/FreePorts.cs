using System.Net;
using System.Net.Sockets;

namespace Quorate.Tests.Integration;

/// <summary>TCP ports of the loopback address that nobody uses now.</summary>
internal static class FreePorts
{
    public static int[] Find(int count)
    {
        // All are held until the last is known, so that no two are the same.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        listeners.ForEach(l => l.Dispose());
        return ports;
    }
}
