using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Server.OpenAi;

/// <summary>A chat completion as it is asked for.</summary>
internal sealed class ChatCall
{
    /// <summary>Stands for the whole panel.</summary>
    public const string Panel = "quorate";

    public string Model { get; set; } = "";

    /// <summary>At least one.</summary>
    public List<ChatMessage> Messages { get; } = [];

    public ChatOptions Options { get; } = new();

    public bool Stream { get; set; }

    public bool IncludeUsage { get; set; }

    /// <summary>Our own extension: how the panel is to be asked.</summary>
    public JsonElement? Quorate { get; set; }

    /// <summary>SHA-256 of the body, lower-case hex; empty unless the panel is asked.</summary>
    public string BodyHash { get; set; } = "";
}
