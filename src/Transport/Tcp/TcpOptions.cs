namespace Quorate.Transport.Tcp;

/// <summary>Bounds and times of TCP links.</summary>
public sealed record TcpOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>0…1, spreads reconnections; give a seeded source where runs are to repeat.</summary>
    public required Func<double> Jitter { get; init; }

    /// <summary>Bytes waiting to be sent to one replica; more is dropped and counted. At least 25 MiB, the largest message.</summary>
    public int SendBytes { get; init; } = 32 << 20;

    /// <summary>Bytes waiting to be sent to or received from a client in one record.</summary>
    public int ClientBytes { get; init; } = 8 << 20;

    /// <summary>Connections that have not proved who they are; more are closed at once. 1…10,000.</summary>
    public int Unauthenticated { get; init; } = 256;

    /// <summary>A handshake takes no longer. 3 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>First pause before dialling again; doubles. 20 ms.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest pause before dialling again. 1 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A link over which nothing came for so long is closed; something is sent four times as often. 8 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(8);
}
