using Quorate.Contracts;

namespace Quorate.Protocol.Messaging;

/// <summary>In which order messages of a conversation reach the handler.</summary>
public enum Ordering : byte
{
    /// <summary>As they come; the only one without a conversation.</summary>
    Unordered = 0,

    /// <summary>Each sender's messages in the order of its sequence.</summary>
    Strict = 1,

    /// <summary>After everything the sender had been given before it sent (Birman, Schiper and Stephenson, 1991).</summary>
    Causal = 2,

    /// <summary>After the messages that it names.</summary>
    Partial = 3,
}

/// <summary>The orderings by their names in files and on the command line.</summary>
public static class OrderingNames
{
    public const string Allowed = "unordered, strict, causal or partial";

    public static string Of(Ordering ordering) => ordering switch
    {
        Ordering.Unordered => "unordered",
        Ordering.Strict => "strict",
        Ordering.Causal => "causal",
        Ordering.Partial => "partial",
        _ => throw Unknown(((byte)ordering).ToString()),
    };

    /// <exception cref="QuorateException">ordering_unknown: an ordering that there is not is never taken for none.</exception>
    public static Ordering Parse(string name) => name switch
    {
        "unordered" => Ordering.Unordered,
        "strict" => Ordering.Strict,
        "causal" => Ordering.Causal,
        "partial" => Ordering.Partial,
        _ => throw Unknown(name),
    };

    internal static bool IsKnown(Ordering ordering) => ordering <= Ordering.Partial;

    private static QuorateException Unknown(string name) =>
        QuorateException.Input("ordering_unknown", $"the ordering is '{name}'; {Allowed} is allowed");
}
