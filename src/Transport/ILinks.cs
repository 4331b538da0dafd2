using Quorate.Protocol.Consensus;

namespace Quorate.Transport;

/// <summary>The ways out of one principal. Never blocks; what finds no room is dropped and counted, and the protocol repairs it.</summary>
public interface ILinks
{
    /// <summary>Sends to a principal: replicas 0…n−1, clients from n on. It may wait for <see cref="Flush"/>. Safe on any thread.</summary>
    void Send(int to, Message message);

    /// <summary>Everything sent so far leaves now.</summary>
    void Flush();

    /// <summary>Messages dropped for want of room or of a connection.</summary>
    long Dropped { get; }
}
