using System.Text;
using Quorate.Contracts;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Messaging;

/// <summary>Signs as one agent and verifies the others by name.</summary>
public interface IMessageCrypto
{
    byte[] Sign(ReadOnlySpan<byte> statement);

    /// <summary>False for a wrong signature and for a name that nobody knows.</summary>
    bool Verify(string signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature);
}

/// <summary>Names over the numbered keys of a directory. The directory's hash is signed too, so that groups do not mix.</summary>
public sealed class NamedCrypto : IMessageCrypto
{
    private readonly IConsensusCrypto crypto;
    private readonly byte[] domain;
    private readonly Dictionary<string, int> numbers = [];

    /// <param name="crypto">Signs as one of them.</param>
    /// <param name="directory">Its keys.</param>
    /// <param name="names">Who they are, by number.</param>
    /// <exception cref="QuorateException">agent_named_twice.</exception>
    public NamedCrypto(IConsensusCrypto crypto, KeyDirectory directory, IReadOnlyList<string> names)
    {
        this.crypto = crypto;
        domain = [.. Encoding.ASCII.GetBytes("quorate/names/v1"), .. directory.Hash.ToArray()];
        for (var i = 0; i < names.Count; i++)
        {
            if (!numbers.TryAdd(names[i], i))
            {
                throw QuorateException.Input("agent_named_twice", $"two agents are named '{names[i]}'", "every agent needs a name of its own");
            }
        }
    }

    public byte[] Sign(ReadOnlySpan<byte> statement) => crypto.Sign([.. domain, .. statement]);

    public bool Verify(string signer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) =>
        numbers.TryGetValue(signer, out var number) && crypto.Verify(number, [.. domain, .. statement], signature);
}
